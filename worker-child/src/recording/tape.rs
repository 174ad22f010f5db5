//! Plays a recording: every event goes to its run in the recorded order, and only when all before it
//! were taken and whoever took them had time to act on it. So the runs take their turns as they did,
//! and a run that had ended before another died has said so.
//!
//! What a run wants and what comes next for it must be the same; if not, the replay has diverged,
//! and stops. At the end of the recording everybody waits for ever: what happened then is for those
//! to see who watch from outside.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::future::poll_fn;
use std::io::BufReader;
use std::path::Path;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use shared::attempt::MAX_RUNS;
use shared::id::RunNo;
use shared::recording::{EVERYONE, Head, Kind, Reader, RecordingError};
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::ToChild;

use super::ballast::Ballast;
use super::frame;
use crate::stage;

/// Turns from an event until all that it brings about is done: the driver hands it to a run, the run
/// speaks, the writer writes. It took place at the pace of a network; here nothing else would wait for it.
const SETTLED: usize = 3;

/// Where the replay left the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diverged {
    /// After this many entries.
    pub entry: u64,
    /// What differs.
    pub what: String,
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after entry {}: {}", self.entry, self.what)
    }
}

/// An event.
#[derive(Debug)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// When it did.
    pub at: Timestamp,
    /// What belongs to it.
    pub payload: Vec<u8>,
}

/// A recording being played. Clones share it.
#[derive(Debug, Clone)]
pub struct Tape(Rc<RefCell<Reel>>);

#[derive(Debug)]
struct Reel {
    reader: Reader<BufReader<File>>,
    next: Option<Head>,
    /// The only run that is played, as the recording numbers it; it is run 0 here.
    only: Option<RunNo>,
    played: u64,
    ballast: Ballast,
    diverged: Option<Diverged>,
    /// Who waits: each run, and last the driver.
    waiting: [Option<Waker>; MAX_RUNS + 1],
}

/// Who takes an event.
#[derive(Debug, Clone, Copy)]
enum Taker<'a> {
    Run(RunNo, &'a [Kind]),
    Driver,
}

impl Taker<'_> {
    /// Whether an event is for this one.
    fn gets(self, head: Head) -> bool {
        match self {
            Self::Run(run, _) => !head.kind.is_frame() && head.run == run,
            Self::Driver => head.kind.is_frame(),
        }
    }

    /// Where it waits.
    fn place(self) -> usize {
        match self {
            Self::Run(run, _) => run.index(),
            Self::Driver => MAX_RUNS,
        }
    }
}

impl Tape {
    /// Opens a recording; with `only` a single run of it is played, as run 0.
    pub fn open(path: &Path, only: Option<RunNo>) -> Result<Self, RecordingError> {
        let mut reel = Reel {
            reader: Reader::new(BufReader::new(File::open(path)?))?,
            next: None,
            only,
            played: 0,
            ballast: Ballast::default(),
            diverged: None,
            waiting: [const { None }; MAX_RUNS + 1],
        };
        reel.advance();
        Ok(Self(Rc::new(RefCell::new(reel))))
    }

    /// The token with which a replay begins; it is none of eBay's.
    pub fn token() -> Secret {
        frame::stand_in(0)
    }

    /// The run's next event, which must be of these kinds.
    pub async fn take(&self, run: RunNo, kinds: &[Kind]) -> Event {
        let taker = Taker::Run(run, kinds);
        self.turn_of(taker).await;
        poll_fn(|context| self.0.borrow_mut().poll(taker, context)).await
    }

    /// What the supervisor said next, or how the replay left the recording. May be dropped.
    pub async fn frame(&self) -> Result<ToChild, Diverged> {
        self.turn_of(Taker::Driver).await;
        let taken = poll_fn(|context| {
            let mut reel = self.0.borrow_mut();
            let came = reel.poll_frame(context);
            match reel.diverged.clone() {
                Some(diverged) => Poll::Ready(Err(diverged)),
                None => came.map(Ok),
            }
        });
        taken.await
    }

    /// Waits until the next event is the taker's, and what came before is done. The driver's turn is
    /// the end of a replay that left the recording, too.
    async fn turn_of(&self, taker: Taker<'_>) {
        poll_fn(|context| self.0.borrow_mut().poll_turn(taker, context)).await;
        for _ in 0..SETTLED {
            tokio::task::yield_now().await;
        }
    }

    /// The run does something else than it did.
    pub fn differs(&self, what: String) {
        self.0.borrow_mut().diverge(what);
    }
}

impl Reel {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<ToChild> {
        let Some(head) = self.next else {
            return self.wait(MAX_RUNS, context);
        };
        let Poll::Ready(event) = self.poll(Taker::Driver, context) else {
            return Poll::Pending;
        };
        let message = frame::message(head, &event.payload);
        if message.is_none() {
            self.diverge(format!("{} makes no sense", head.kind.name()));
        }
        message.map_or(Poll::Pending, Poll::Ready)
    }

    fn poll_turn(&mut self, taker: Taker<'_>, context: &mut Context<'_>) -> Poll<()> {
        let left = matches!(taker, Taker::Driver) && self.diverged.is_some();
        if left || self.next.is_some_and(|head| taker.gets(head)) {
            return Poll::Ready(());
        }
        self.wait(taker.place(), context)
    }

    fn poll(&mut self, taker: Taker<'_>, context: &mut Context<'_>) -> Poll<Event> {
        let place = taker.place();
        let Some(head) = self.next.filter(|_| self.diverged.is_none()) else {
            return self.wait(place, context);
        };
        match taker {
            _ if !taker.gets(head) => self.wait(place, context),
            Taker::Driver => self.play(head),
            Taker::Run(run, kinds) => {
                if kinds.contains(&head.kind) {
                    return self.play(head);
                }
                let wanted: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
                let wanted = wanted.join(" or ");
                let recorded = head.kind.name();
                self.diverge(format!(
                    "run {run} wants {wanted}, the recording has {recorded}"
                ));
                Poll::Pending
            }
        }
    }

    fn wait<T>(&mut self, place: usize, context: &Context<'_>) -> Poll<T> {
        if let Some(waiting) = self.waiting.get_mut(place) {
            *waiting = Some(context.waker().clone());
        }
        Poll::Pending
    }

    fn play(&mut self, head: Head) -> Poll<Event> {
        let payload = match self.reader.payload() {
            Ok(Some(payload)) => payload,
            // It was cut off by the death itself.
            Ok(None) => {
                self.next = None;
                return Poll::Pending;
            }
            Err(error) => {
                self.diverge(error.to_string());
                return Poll::Pending;
            }
        };
        self.played += 1;
        stage::replayed(self.played);
        self.ballast.level(head.live);
        self.advance();
        Poll::Ready(Event {
            kind: head.kind,
            at: head.at,
            payload,
        })
    }

    /// Finds the next event, and wakes whoever it is for.
    fn advance(&mut self) {
        self.next = loop {
            match self.reader.head() {
                Ok(Some(head)) => {
                    if let Some(head) = self.renumbered(head) {
                        break Some(head);
                    }
                }
                Ok(None) => break None,
                Err(error) => return self.diverge(error.to_string()),
            }
        };
        let place = match self.next {
            Some(head) if head.kind.is_frame() => MAX_RUNS,
            Some(head) => head.run.index(),
            None => return,
        };
        self.wake(place);
    }

    fn renumbered(&self, head: Head) -> Option<Head> {
        match self.only {
            Some(only) if head.run == only => Some(Head {
                run: RunNo(0),
                ..head
            }),
            Some(_) if head.run != EVERYONE => None,
            Some(_) | None => Some(head),
        }
    }

    fn diverge(&mut self, what: String) {
        let entry = self.played;
        self.next = None;
        self.diverged.get_or_insert(Diverged { entry, what });
        self.wake(MAX_RUNS);
    }

    fn wake(&mut self, place: usize) {
        if let Some(waker) = self.waiting.get_mut(place).and_then(Option::take) {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests;
