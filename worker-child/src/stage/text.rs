//! Text of bounded length on the stack, for a path that must not allocate.

use std::fmt;

/// The first `N` bytes of what is written to it; the rest is dropped.
#[derive(Debug, Clone, Copy)]
pub struct Cut<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Cut<N> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
        }
    }

    /// The beginning of a text.
    pub fn of(text: &str) -> Self {
        let mut cut = Self::new();
        // What does not fit is dropped, which is no error.
        fmt::Write::write_str(&mut cut, text).ok();
        cut
    }

    /// What was written and fitted.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl<const N: usize> Default for Cut<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Write for Cut<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let taken = room.len().min(text.len());
        for (place, byte) in room.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        self.len += taken;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::Cut;

    #[test]
    fn what_does_not_fit_is_dropped() {
        let mut cut = Cut::<5>::new();
        write!(cut, "{}-", 123).unwrap();
        write!(cut, "{}", 4567).unwrap();
        assert_eq!(cut.as_bytes(), b"123-4");
    }
}
