//! What the supervisor said, as payloads of a recording. Not the frames themselves: a recording
//! outlives their protocol, and must not hold a token.

use shared::id::RunNo;
use shared::recording::{EVERYONE, Head, Kind};
use shared::secret::Secret;
use shared::wire::message::ToChild;

/// The entry for this message; `token` is the number of the token in it. `Start` has none: the
/// orders are in a file of their own.
pub(super) fn payload(message: &ToChild, token: Option<u32>) -> Option<(RunNo, Kind, Vec<u8>)> {
    Some(match message {
        ToChild::Start { .. } | ToChild::Exchange(_) => return None,
        ToChild::Ack { run, seq } => (*run, Kind::Ack, seq.to_le_bytes().to_vec()),
        ToChild::Needed { run, seq, indices } => {
            let numbers = std::iter::once(seq).chain(indices);
            let bytes = numbers.flat_map(|number| number.to_le_bytes());
            (*run, Kind::Needed, bytes.collect())
        }
        ToChild::Token { run, .. } => {
            let number = token.map(|number| number.to_le_bytes().to_vec());
            (*run, Kind::Token, number.unwrap_or_default())
        }
        ToChild::Refused { run, failure } => {
            // A failure is plain data: it always has a JSON.
            let json = serde_json::to_vec(failure).unwrap_or_default();
            (*run, Kind::Refused, json)
        }
        ToChild::Stop { grace_ms } => (EVERYONE, Kind::Stop, grace_ms.to_le_bytes().to_vec()),
    })
}

/// The token of this number in a replay, which has none.
pub(super) fn stand_in(number: u32) -> Secret {
    Secret::new(format!("token-{number}"))
}

/// The message of an entry; `None` if it makes no sense.
pub(super) fn message(head: Head, payload: &[u8]) -> Option<ToChild> {
    let run = head.run;
    let (numbers, rest) = payload.as_chunks::<4>();
    let mut numbers = numbers.iter().copied().map(u32::from_le_bytes);
    let message = match head.kind {
        Kind::Ack => ToChild::Ack {
            run,
            seq: numbers.next()?,
        },
        Kind::Needed => ToChild::Needed {
            run,
            seq: numbers.next()?,
            indices: numbers.by_ref().collect(),
        },
        Kind::Token => ToChild::Token {
            run,
            token: numbers.next().map(stand_in),
        },
        Kind::Refused => {
            return serde_json::from_slice(payload)
                .ok()
                .map(|failure| ToChild::Refused { run, failure });
        }
        Kind::Stop => {
            let grace_ms = u64::from_le_bytes(payload.try_into().ok()?);
            return Some(ToChild::Stop { grace_ms });
        }
        Kind::Clock
        | Kind::Turn
        | Kind::Woke
        | Kind::Request
        | Kind::Answer
        | Kind::SendError
        | Kind::Chunk
        | Kind::BodyEnd
        | Kind::BodyError => return None,
    };
    (rest.is_empty() && numbers.next().is_none()).then_some(message)
}

#[cfg(test)]
mod tests {
    use shared::failure::{Failure, Place};
    use shared::time::Timestamp;

    use super::*;

    #[test]
    fn messages_come_back() {
        let run = RunNo(2);
        let failure = Failure::Incomplete {
            what: "two rows with one key".to_owned(),
            place: Place::default(),
        };
        let messages = [
            ToChild::Ack { run, seq: 77 },
            ToChild::Needed {
                run,
                seq: 3,
                indices: vec![0, 9],
            },
            ToChild::Token { run, token: None },
            ToChild::Token {
                run,
                token: Some(stand_in(4)),
            },
            ToChild::Refused { run, failure },
            ToChild::Stop { grace_ms: 500 },
        ];
        for sent in messages {
            let (run, kind, bytes) = payload(&sent, Some(4)).unwrap();
            let head = Head {
                kind,
                run,
                len: 0,
                at: Timestamp(0),
                live: 0,
            };
            let mut expected = sent.clone();
            if let ToChild::Token { token, .. } = &mut expected {
                *token = Some(stand_in(4));
            }
            assert_eq!(message(head, &bytes), Some(expected));
            if kind != Kind::Needed {
                let longer = [bytes.as_slice(), &[1]].concat();
                assert_eq!(message(head, &longer), None, "{kind:?}");
            }
        }
        let (_, _, none) = payload(&ToChild::Token { run, token: None }, None).unwrap();
        assert!(none.is_empty());
    }
}
