//! A child's standard error: always read, never more than a bounded head and tail kept.

use std::collections::VecDeque;

use shared::secret::Secret;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::redact::{without_rest, without_start, without_tokens};
use crate::outcome::StderrText;

/// Bytes kept from the beginning.
pub const HEAD: usize = 8 * 1024;
/// Bytes kept from the end.
pub const TAIL: usize = 24 * 1024;

/// What is kept.
#[derive(Debug, Default)]
pub struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
}

impl Kept {
    fn push(&mut self, bytes: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        self.dropped += over as u64;
    }

    /// As text, without tokens: what is not UTF-8, and control characters but line ends and tabs, is
    /// replaced. Head and tail may have been cut apart in the middle of one of the tokens that were
    /// given.
    pub fn text(&self, given: &[Secret]) -> StderrText {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let head = if tail.is_empty() {
            &self.head
        } else {
            without_start(&self.head, given)
        };
        StderrText {
            head: printable(head),
            tail: printable(without_rest(&tail, given)),
            dropped: self.dropped,
        }
    }
}

/// Reads until the end of the stream or an error; the child never blocks on it.
pub async fn keep<R: AsyncRead + Unpin>(mut stream: R, kept: &std::sync::Mutex<Kept>) {
    let mut piece = vec![0; 8 * 1024];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        let mut kept = kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.push(piece.get(..count).unwrap_or_default());
    }
}

fn printable(bytes: &[u8]) -> String {
    without_tokens(&String::from_utf8_lossy(bytes))
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            _ if c.is_control() => '\u{fffd}',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn head_and_tail_stay_bounded() {
        let mut flood = b"first\x1b[31m".to_vec();
        flood.extend(std::iter::repeat_n(b'x', 1_000_000));
        flood.extend_from_slice(b"last\n");
        let kept = std::sync::Mutex::new(Kept::default());
        keep(flood.as_slice(), &kept).await;
        let text = kept.lock().unwrap().text(&[]);
        assert!(text.head.starts_with("first\u{fffd}[31m"));
        assert!(text.tail.ends_with("last\n"));
        assert_eq!(text.tail.len(), TAIL);
        assert_eq!(text.dropped, (flood.len() - HEAD - TAIL) as u64);
    }

    #[tokio::test]
    async fn a_token_is_not_kept() {
        let kept = std::sync::Mutex::new(Kept::default());
        keep(&b"refused: v^1.1#i^1#canary (401)"[..], &kept).await;
        let text = kept.lock().unwrap().text(&[]);
        assert_eq!(text.head, "refused: v^1.\u{2026} (401)");
    }

    #[tokio::test]
    async fn a_token_that_was_cut_is_not_kept_either() {
        let token = "v^1.1#i^1#canary-canary-canary";
        let given = [Secret::new(token.to_owned())];
        for (before, between) in [(HEAD - 10, 0), (HEAD - 1, 0), (HEAD - 10, TAIL)] {
            let kept = std::sync::Mutex::new(Kept::default());
            let words = format!("{}{token}", " ".repeat(before));
            let rest = " ".repeat(between);
            // With so much between them, the tail begins 10 bytes before the end of the second one.
            let all = match between {
                0 => format!("{words} end"),
                _ => format!("{words}{rest}{token}{}", " ".repeat(TAIL - 10)),
            };
            keep(all.as_bytes(), &kept).await;
            let text = kept.lock().unwrap().text(&given);
            let shown = format!("{}{}", text.head, text.tail);
            assert!(!shown.contains("anary"), "{}", shown.trim());
        }
    }

    #[tokio::test]
    async fn a_few_words_are_all_head() {
        let kept = std::sync::Mutex::new(Kept::default());
        keep(&b"boom"[..], &kept).await;
        let text = kept.lock().unwrap().text(&[]);
        assert_eq!(
            (text.head.as_str(), text.tail.as_str(), text.dropped),
            ("boom", "", 0)
        );
    }
}
