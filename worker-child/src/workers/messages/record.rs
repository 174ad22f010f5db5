//! One message to its row.

use shared::record::{Record, Value};
use shared::table::Table;

use crate::parse::field;
use crate::parse::xml::tree_to_json;
use crate::parse::{Node, ParseError};
use crate::workers::values::{boolean, either, id, moment, text};

/// Repeatable elements of a message by eBay's contract: lists always.
const LISTS: &[&str] = &["MessageMedia"];
const SENT: &str = "1";
const ARCHIVE: &str = "3";

/// The row of a message that was listed in this folder; what the message says itself counts more.
pub(super) fn message(message: Node<'_>, listed_in: Option<&str>) -> Result<Record, ParseError> {
    let message_id = field::id(message, "MessageID")?;
    let folder = field::id_opt(message, "Folder.FolderID")?;
    let folder = folder.or(listed_in.map(str::to_owned));
    let is_in = |wanted: &str| folder.as_ref().map(|folder| folder == wanted);
    let direction = is_in(SENT).map(|sent| if sent { "outgoing" } else { "incoming" });
    let values = vec![
        id(message, "ExternalMessageID")?,
        folder.clone().map_or(Value::Null, Value::Text),
        direction.map_or(Value::Null, |word| Value::Text(word.to_owned())),
        text(message, "Sender")?,
        either(text(message, "RecipientUserID")?, || {
            text(message, "SendToName")
        })?,
        text(message, "Subject")?,
        either(text(message, "Text")?, || text(message, "Content"))?,
        boolean(message, "Read")?,
        boolean(message, "Flagged")?,
        is_in(ARCHIVE).map_or(Value::Null, Value::Boolean),
        moment(message, "ReceiveDate")?,
        moment(message, "ExpirationDate")?,
        id(message, "ItemID")?,
    ];
    let mut payload = String::new();
    tree_to_json(message, LISTS, &mut payload);
    Ok(Record {
        table: Table::Messages,
        key: vec![message_id],
        values,
        ebay_time: None,
        payload,
        volatile: String::new(),
    })
}
