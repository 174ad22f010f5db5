//! Frames on a stream: a u32 little-endian length, then the body.

use std::io::{self, Read};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::wire::codec::MAX_BODY;

/// Bodies above this size, in bytes, are read one at a time by the supervisor.
pub const BIG_BODY: usize = 1024 * 1024;

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream broke.
    #[error("reading a frame failed: {0}")]
    Io(#[from] io::Error),
    /// The length is over the cap; nothing was allocated.
    #[error("frame announces {0} bytes, the cap is {MAX_BODY}")]
    TooLarge(u32),
    /// A body of no bytes.
    #[error("frame announces no bytes")]
    Empty,
    /// The stream ended within a frame.
    #[error("stream ended within a frame, {have} of {want} bytes")]
    Truncated {
        /// Bytes that came.
        have: usize,
        /// Bytes that were announced.
        want: usize,
    },
}

/// Reads a length prefix. `None` at a clean end of the stream.
pub async fn read_len<R: AsyncRead + Unpin>(stream: &mut R) -> Result<Option<usize>, FrameError> {
    let mut prefix = [0; 4];
    let mut have = 0;
    while have < prefix.len() {
        match stream
            .read(prefix.get_mut(have..).unwrap_or_default())
            .await?
        {
            0 if have == 0 => return Ok(None),
            0 => return Err(FrameError::Truncated { have, want: 4 }),
            more => have += more,
        }
    }
    check_len(u32::from_le_bytes(prefix)).map(Some)
}

/// Reads a body of the length that [`read_len`] returned, into `body`, whose old content goes.
pub async fn read_body<R: AsyncRead + Unpin>(
    stream: &mut R,
    len: usize,
    body: &mut Vec<u8>,
) -> Result<(), FrameError> {
    body.clear();
    body.reserve(len);
    let mut part = stream.take(len as u64);
    while body.len() < len {
        if part.read_buf(body).await? == 0 {
            return Err(FrameError::Truncated {
                have: body.len(),
                want: len,
            });
        }
    }
    Ok(())
}

/// Reads a whole frame, blocking. `None` at a clean end of the stream.
pub fn read_blocking<R: Read>(stream: &mut R) -> Result<Option<Vec<u8>>, FrameError> {
    let mut prefix = Vec::with_capacity(4);
    stream.take(4).read_to_end(&mut prefix)?;
    let Ok(four) = <[u8; 4]>::try_from(prefix.as_slice()) else {
        return match prefix.len() {
            0 => Ok(None),
            have => Err(FrameError::Truncated { have, want: 4 }),
        };
    };
    let len = check_len(u32::from_le_bytes(four))?;
    let mut body = Vec::with_capacity(len);
    stream.take(len as u64).read_to_end(&mut body)?;
    if body.len() < len {
        return Err(FrameError::Truncated {
            have: body.len(),
            want: len,
        });
    }
    Ok(Some(body))
}

fn check_len(announced: u32) -> Result<usize, FrameError> {
    match usize::try_from(announced) {
        Ok(0) => Err(FrameError::Empty),
        Ok(len) if len <= MAX_BODY => Ok(len),
        _ => Err(FrameError::TooLarge(announced)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn whole(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
        let Some(len) = read_len(&mut bytes).await? else {
            return Ok(None);
        };
        let mut body = vec![9; 3];
        read_body(&mut bytes, len, &mut body).await?;
        Ok(Some(body))
    }

    #[tokio::test]
    async fn frames_and_broken_frames() {
        let cases: [(&[u8], &str); 6] = [
            (&[], "Ok(None)"),
            (&[2, 0, 0, 0, 7, 8], "Ok(Some([7, 8]))"),
            (&[2, 0], "Err(Truncated { have: 2, want: 4 })"),
            (&[2, 0, 0, 0, 7], "Err(Truncated { have: 1, want: 2 })"),
            (&[0, 0, 0, 0], "Err(Empty)"),
            (&[255, 255, 255, 255], "Err(TooLarge(4294967295))"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(format!("{:?}", whole(bytes).await), expected);
            let mut stream = bytes;
            assert_eq!(
                format!("{:?}", read_blocking(&mut stream)),
                expected,
                "blocking"
            );
        }
    }
}
