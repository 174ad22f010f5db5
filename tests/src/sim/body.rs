//! Answer bodies that can be fed piece by piece, cut short, or left hanging.

use std::{
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body::Frame;
use tokio::sync::{mpsc, watch};

use super::faults::FaultKind;

/// Bytes per piece of a streamed body.
const PIECE: usize = 32 * 1024;
/// Long enough for what was written to leave before the connection is closed on purpose.
const DRAIN: Duration = Duration::from_millis(30);

type Piece = io::Result<Bytes>;

/// A body fed through a channel; an error in it closes the connection.
struct Pieces(mpsc::Receiver<Piece>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0
            .poll_recv(context)
            .map(|piece| piece.map(|bytes| bytes.map(Frame::data)))
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Whole,
    Cut { after: u64 },
    Stall { after: u64 },
}

impl Ending {
    fn of(faults: &[FaultKind]) -> Self {
        let found = faults.iter().find_map(|fault| {
            if let FaultKind::CutBody { after } = fault {
                Some(Self::Cut { after: *after })
            } else if let FaultKind::StallBody { after } = fault {
                Some(Self::Stall { after: *after })
            } else {
                None
            }
        });
        found.unwrap_or(Self::Whole)
    }

    fn limit(self) -> u64 {
        match self {
            Self::Whole => u64::MAX,
            Self::Cut { after } | Self::Stall { after } => after,
        }
    }
}

/// Resolves when the simulator stops.
pub(crate) async fn stopped(mut stop: watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
}

/// Ends a body: in order, by closing the connection, or only when somebody else does.
async fn finish(pieces: mpsc::Sender<Piece>, ending: Ending, stop: watch::Receiver<()>) {
    match ending {
        Ending::Whole => return,
        Ending::Cut { .. } => tokio::time::sleep(DRAIN).await,
        Ending::Stall { .. } => tokio::select! {
            () = pieces.closed() => {}
            () = stopped(stop) => {}
        },
    }
    drop(
        pieces
            .send(Err(io::ErrorKind::ConnectionAborted.into()))
            .await,
    );
}

/// A JSON answer with the body faults of its request applied.
pub(crate) fn json(text: Vec<u8>, faults: &[FaultKind], stop: watch::Receiver<()>) -> Response {
    let (mut text, mut kind) = (text, "application/json");
    for fault in faults {
        if let FaultKind::WrongPageType { html: true } = fault {
            text = b"<!DOCTYPE html><html><body>Please sign in</body></html>".to_vec();
            kind = "text/html";
        } else if let FaultKind::MalformedJson {} = fault {
            text.truncate(text.len().saturating_sub(2));
        }
    }
    whole(text, kind, faults, stop)
}

/// An answer of this content type, cut short or left hanging if a fault says so.
pub(crate) fn whole(
    mut text: Vec<u8>,
    kind: &'static str,
    faults: &[FaultKind],
    stop: watch::Receiver<()>,
) -> Response {
    let ending = Ending::of(faults);
    let length = text.len();
    let body = if ending == Ending::Whole {
        Body::from(text)
    } else {
        let most = length.saturating_sub(1) as u64;
        let after = usize::try_from(ending.limit().min(most)).unwrap_or(0);
        text.truncate(after);
        let (pieces, rest) = mpsc::channel(1);
        tokio::spawn(async move {
            if text.is_empty() || pieces.send(Ok(text.into())).await.is_ok() {
                finish(pieces, ending, stop).await;
            }
        });
        Body::new(Pieces(rest))
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    (StatusCode::OK, headers, body).into_response()
}

/// Collects what a blocking writer produces and passes it on in pieces, up to a limit.
struct Sink {
    pieces: mpsc::Sender<Piece>,
    held: Vec<u8>,
    left: u64,
}

impl Sink {
    fn pass_on(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::replace(&mut self.held, Vec::with_capacity(PIECE)));
        self.pieces
            .blocking_send(Ok(piece))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(PIECE - self.held.len());
        let taken = buf.get(..room.min(buf.len())).unwrap_or_default();
        self.held.extend_from_slice(taken);
        self.left -= taken.len() as u64;
        if self.left == 0 || self.held.len() == PIECE {
            self.pass_on()?;
        }
        if taken.is_empty() && !buf.is_empty() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A chunked body written by `produce` on a blocking thread, never held as a whole.
pub(crate) fn streamed(
    faults: &[FaultKind],
    stop: watch::Receiver<()>,
    produce: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> Body {
    let ending = Ending::of(faults);
    let (pieces, rest) = mpsc::channel(2);
    let mut sink = Sink {
        pieces: pieces.clone(),
        held: Vec::new(),
        left: ending.limit(),
    };
    tokio::spawn(async move {
        let produced = tokio::task::spawn_blocking(move || {
            let produced = produce(&mut sink);
            produced.and_then(|()| sink.pass_on())
        });
        let failed = !matches!(produced.await, Ok(Ok(())));
        let broken = failed && ending == Ending::Whole;
        let ending = if broken {
            Ending::Cut { after: 0 }
        } else {
            ending
        };
        finish(pieces, ending, stop).await;
    });
    Body::new(Pieces(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(left: u64) -> (Sink, mpsc::Receiver<Piece>) {
        let (pieces, rest) = mpsc::channel(64);
        (
            Sink {
                pieces,
                held: Vec::new(),
                left,
            },
            rest,
        )
    }

    #[test]
    fn a_sink_stops_at_its_limit_and_passes_everything_before() {
        for limit in [0_u64, 1, 40_000, 65_536] {
            let (mut sink, mut rest) = sink(limit);
            assert!(sink.write_all(&vec![7; 100_000]).is_err());
            drop(sink);
            let mut sum = 0;
            while let Some(piece) = rest.blocking_recv() {
                sum += piece.unwrap().len() as u64;
            }
            assert_eq!(sum, limit);
        }
    }

    #[test]
    fn a_sink_whose_reader_is_gone_fails() {
        let (mut sink, rest) = sink(u64::MAX);
        drop(rest);
        assert!(sink.write_all(&vec![7; 100_000]).is_err());
    }
}
