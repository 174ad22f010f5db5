//! One run of deflated (or stored) data with its checksum and both sizes.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Fault, PIECE_BYTES};

/// Deflate makes at most this many bytes of one.
const EXPANSION: usize = 1032;
/// Output room beyond what the input can expand to: what the decoder may
/// still hold back.
const SLACK: usize = 1024;

/// A decoder that counts and sums what goes through it.
#[derive(Debug)]
pub(super) struct Inflate {
    decoder: Decompress,
    sum: crc32fast::Hasher,
    pub(super) taken: u64,
    pub(super) given: u64,
}

/// What a call of the decoder came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// All input taken, all output given.
    NeedInput,
    /// More output may come from what was taken, or input is left.
    More,
    /// The data's end; what is left of the input lies behind it.
    Ended,
}

impl Default for Inflate {
    fn default() -> Self {
        Self {
            decoder: Decompress::new(false),
            sum: crc32fast::Hasher::new(),
            taken: 0,
            given: 0,
        }
    }
}

impl Inflate {
    /// Begins anew, keeping the decoder's memory.
    pub(super) fn reset(&mut self) {
        self.decoder.reset(false);
        self.sum.reset();
        self.taken = 0;
        self.given = 0;
    }

    /// Inflates from the front of `input`, appending at most one piece to `out`.
    pub(super) fn inflate(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Flow, Fault> {
        let filled = out.len();
        let room = PIECE_BYTES.min(input.len().saturating_mul(EXPANSION) + SLACK);
        out.resize(filled + room, 0);
        let space = out.get_mut(filled..).unwrap_or_default();
        let (taken, given) = (self.decoder.total_in(), self.decoder.total_out());
        let status = self
            .decoder
            .decompress(input, space, FlushDecompress::None)
            .map_err(|_| Fault::new("damaged deflate data"));
        let taken = narrow(self.decoder.total_in() - taken);
        let given = narrow(self.decoder.total_out() - given);
        out.truncate(filled + given);
        let status = status?;
        *input = input.get(taken..).unwrap_or_default();
        self.taken += taken as u64;
        self.add(out.get(filled..).unwrap_or_default());
        if status == Status::StreamEnd {
            return Ok(Flow::Ended);
        }
        if given < room && !input.is_empty() && taken == 0 && given == 0 {
            return Err(Fault::new("damaged deflate data")); // no progress is possible
        }
        Ok(if given == room || !input.is_empty() {
            Flow::More
        } else {
            Flow::NeedInput
        })
    }

    /// Copies stored data from the front of `input`: at most `left` bytes and one piece.
    pub(super) fn copy(&mut self, left: u64, input: &mut &[u8], out: &mut Vec<u8>) -> Flow {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE_BYTES);
        let (piece, rest) = input.split_at_checked(most).unwrap_or((*input, &[]));
        out.extend_from_slice(piece);
        self.taken += piece.len() as u64;
        self.add(piece);
        *input = rest;
        if piece.len() as u64 == left {
            return Flow::Ended;
        }
        if rest.is_empty() {
            Flow::NeedInput
        } else {
            Flow::More
        }
    }

    fn add(&mut self, piece: &[u8]) {
        self.sum.update(piece);
        self.given += piece.len() as u64;
    }

    /// The CRC-32 of everything given so far.
    pub(super) fn crc(&self) -> u32 {
        self.sum.clone().finalize()
    }
}

fn narrow(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A little-endian number of up to 8 bytes at `at`; missing bytes are zero.
pub(super) fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
    bytes
        .iter()
        .skip(at)
        .take(len.min(8))
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}
