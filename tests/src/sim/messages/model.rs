//! One message, and what can happen to it after it was sent.

use fastrand::Rng;

use crate::sim::lexicon::{NAMES, THINGS, digits, percent, word};

/// Folders that an account has: inbox, sent messages, archive, one of its own.
pub(crate) const FOLDERS: [(u32, Option<&str>); 4] = [
    (0, None),
    (1, None),
    (3, Some("Archive")),
    (27, Some("Suppliers")),
];
pub(crate) const INBOX: u32 = 0;
pub(crate) const SENT: u32 = 1;
const YEAR_MS: i64 = 365 * 86_400_000;

/// One message; times in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) external: Option<String>,
    pub(crate) folder: u32,
    pub(crate) other: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) item: Option<String>,
    pub(crate) is_read: bool,
    pub(crate) is_flagged: bool,
    pub(crate) is_replied: bool,
    pub(crate) received: i64,
}

impl Message {
    /// A message that was sent at this time.
    pub(crate) fn make(rng: &mut Rng, received: i64) -> Self {
        let outgoing = percent(rng, 25);
        let item = percent(rng, 60).then(|| format!("3{}", digits(rng, 11)));
        Self {
            id: digits(rng, 12),
            external: percent(rng, 70).then(|| digits(rng, 13)),
            folder: if outgoing { SENT } else { INBOX },
            other: format!("member_{:x}", rng.u32(..0xff_ffff)),
            subject: match &item {
                Some(item) => format!("Question about item #{item} \u{2013} “urgent”"),
                None => format!("Re: {} & more", word(rng, &THINGS)),
            },
            body: body(rng),
            item,
            is_read: outgoing || percent(rng, 40),
            is_flagged: percent(rng, 5),
            is_replied: false,
            received,
        }
    }

    /// When eBay throws it away.
    pub(crate) const fn expires(&self) -> i64 {
        self.received + YEAR_MS
    }

    /// Something happens to the message; it always ends up different.
    pub(crate) fn happen(&mut self, rng: &mut Rng) {
        match rng.u32(..4) {
            0 if !self.is_read => self.is_read = true,
            1 if self.folder == INBOX => self.folder = 27,
            1 if self.folder == 27 => self.folder = 3,
            2 if !self.is_replied && self.folder != SENT => self.is_replied = true,
            _ => self.is_flagged = !self.is_flagged,
        }
    }
}

/// Text in the ways in which eBay has it: HTML, HTML with escaped HTML in it, plain.
fn body(rng: &mut Rng) -> String {
    let (name, thing) = (word(rng, &NAMES), word(rng, &THINGS));
    match rng.u32(..4) {
        0 => format!("Hello,\n  is the {thing} still there?\n{name}"),
        1 => format!("<html><p>&lt;{name}&gt; asks &amp;amp; waits</p></html>"),
        _ => format!(
            "<html><body><p>Dear {name},</p><p>your <b>{thing}</b> is on its way.</p>{}</body></html>",
            "<br>".repeat(rng.usize(..40))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_differs_after_anything_happened_to_it() {
        for seed in 0..100 {
            let mut rng = Rng::with_seed(seed);
            let mut message = Message::make(&mut rng, 5);
            for _ in 0..9 {
                let before = message.clone();
                message.happen(&mut rng);
                assert_ne!(message, before);
                assert_eq!(message.folder == SENT, before.folder == SENT);
            }
        }
    }
}
