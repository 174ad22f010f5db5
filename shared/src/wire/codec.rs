//! Messages to bytes and back. The only file that names bincode, so that another format is this
//! file's change.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::MAX_RECORD;

/// The largest frame body, in bytes: one record at its cap, with its envelope.
pub const MAX_BODY: usize = MAX_RECORD + 64 * 1024;

/// Why bytes are not a message, or a message not a frame.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes do not decode.
    #[error("frame does not decode: {0}")]
    Decode(#[source] bincode::error::DecodeError),
    /// The message does not encode.
    #[error("message does not encode: {0}")]
    Encode(#[source] bincode::error::EncodeError),
    /// Bytes were left over after the message.
    #[error("frame has {0} trailing bytes")]
    Trailing(usize),
    /// The message is larger than a frame may be.
    #[error("message of {0} bytes is over the cap of {MAX_BODY}")]
    TooLarge(usize),
}

// bincode's limit guards decoding only: it counts what a message claims before memory is reserved.
const CONFIG: Configuration<LittleEndian, Varint, Limit<MAX_BODY>> =
    bincode::config::standard().with_limit::<MAX_BODY>();

/// Appends a frame, length prefix and body, to `out`.
///
/// On an error `out` is as before.
pub fn encode_frame<M: Serialize>(message: &M, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let written =
        bincode::serde::encode_into_std_write(message, out, CONFIG).map_err(CodecError::Encode);
    let fits = written.and_then(|size| match u32::try_from(size) {
        Ok(prefix) if size <= MAX_BODY => Ok(prefix),
        _ => Err(CodecError::TooLarge(size)),
    });
    match fits {
        Ok(prefix) => {
            if let Some(place) = out.get_mut(start..start + 4) {
                place.copy_from_slice(&prefix.to_le_bytes());
            }
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// Reads one body, which must be used up.
pub fn decode_body<M: DeserializeOwned>(body: &[u8]) -> Result<M, CodecError> {
    let (message, used) =
        bincode::serde::decode_from_slice(body, CONFIG).map_err(CodecError::Decode)?;
    match body.len() - used {
        0 => Ok(message),
        left => Err(CodecError::Trailing(left)),
    }
}
