//! What may follow what in a page, down to the elements of its array.

/// What is expected next. Values are skimmed, not parsed, in the `In…` states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Start,
    KeyOrEnd,
    Key,
    InKey,
    Colon,
    Value,
    InValue,
    MemberEnd,
    FirstItem,
    NextItem,
    InItem,
    ItemEnd,
    Done,
}

impl State {
    /// Whether the place is between the brackets of the array with the items.
    pub(super) fn in_array(self) -> bool {
        matches!(
            self,
            State::FirstItem | State::NextItem | State::InItem | State::ItemEnd
        )
    }

    /// The state after `byte`, which is no white space; `target` is the
    /// current member's name if it is the one with the items. `Err` says what
    /// is wrong.
    pub(super) fn after(self, byte: u8, target: Option<&str>) -> Result<State, String> {
        if let (State::Value, Some(member)) = (self, target) {
            return match byte {
                b'[' => Ok(State::FirstItem),
                b'n' => Ok(State::InValue),
                other => Err(format!("{member} is {}", kind_of(other))),
            };
        }
        let next = match (self, byte) {
            (State::Start, b'{') => State::KeyOrEnd,
            (State::Start, b'[') => return Err("page is an array".to_owned()),
            (State::Start, _) => return Err("page is no JSON object".to_owned()),
            (State::KeyOrEnd | State::Key, b'"') => State::InKey,
            (State::KeyOrEnd | State::MemberEnd, b'}') => State::Done,
            (State::Colon, b':') => State::Value,
            (State::Value, b'}' | b']' | b',' | b':') => return Err("missing value".to_owned()),
            (State::Value, _) => State::InValue,
            (State::MemberEnd, b',') => State::Key,
            (State::FirstItem | State::ItemEnd, b']') => State::MemberEnd,
            (State::ItemEnd, b',') => State::NextItem,
            (State::FirstItem | State::NextItem, b'}' | b']' | b',' | b':') => {
                return Err("missing item".to_owned());
            }
            (State::FirstItem | State::NextItem, _) => State::InItem,
            (State::Done, _) => return Err("bytes after the end of the page".to_owned()),
            (
                State::KeyOrEnd
                | State::Key
                | State::InKey
                | State::Colon
                | State::InValue
                | State::MemberEnd
                | State::InItem
                | State::ItemEnd,
                other,
            ) => return Err(format!("unexpected {:?}", char::from(other))),
        };
        Ok(next)
    }
}

/// What a value is, judged by its first byte.
fn kind_of(byte: u8) -> &'static str {
    match byte {
        b'{' => "an object",
        b'"' => "a string",
        b't' | b'f' => "a boolean",
        b'}' | b']' | b',' | b':' => "missing",
        _ => "no array",
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn transitions() {
        let table = [
            (State::Start, '{', false, Ok(State::KeyOrEnd)),
            (State::Start, '<', false, Err("page is no JSON object")),
            (State::KeyOrEnd, '}', false, Ok(State::Done)),
            (State::Key, '}', false, Err("unexpected '}'")),
            (State::Value, '[', false, Ok(State::InValue)),
            (State::Value, '[', true, Ok(State::FirstItem)),
            (State::Value, 'n', true, Ok(State::InValue)),
            (State::Value, '{', true, Err("orders is an object")),
            (State::Value, '"', true, Err("orders is a string")),
            (State::Value, ',', false, Err("missing value")),
            (State::Value, ',', true, Err("orders is missing")),
            (State::FirstItem, ']', true, Ok(State::MemberEnd)),
            (State::NextItem, ']', true, Err("missing item")),
            (State::NextItem, '7', true, Ok(State::InItem)),
            (State::ItemEnd, '{', true, Err("unexpected '{'")),
            (
                State::Done,
                '{',
                false,
                Err("bytes after the end of the page"),
            ),
        ];
        for (state, byte, target, expected) in table {
            let next = state.after(byte as u8, target.then_some("orders"));
            assert_eq!(next, expected.map_err(str::to_owned), "{state:?} {byte}");
        }
    }
}
