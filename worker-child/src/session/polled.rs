//! A run's future, each poll of it marked in the flight recorder: who dies in a poll is known.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use shared::id::RunNo;

use crate::stage;

/// A boxed future of a run.
pub(super) struct Polled {
    run: RunNo,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

impl Polled {
    pub(super) fn new(run: RunNo, future: impl Future<Output = ()> + 'static) -> Self {
        Self {
            run,
            future: Box::pin(future),
        }
    }
}

impl Future for Polled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        stage::enter_poll(self.run);
        let polled = self.future.as_mut().poll(context);
        stage::leave_poll();
        polled
    }
}
