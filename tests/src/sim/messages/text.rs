//! A message as Trading writes it, the summary of the folders, and the row that must be stored.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::{FOLDERS, Message, SENT};
use crate::sim::{clock::stamp, trading::element::Element};

/// Sender and recipient.
fn parties<'a>(message: &'a Message, owner: &'a str) -> (&'a str, &'a str) {
    if message.folder == SENT {
        (owner, &message.other)
    } else {
        (&message.other, owner)
    }
}

/// The message, with its body if that is wanted.
pub(super) fn message(message: &Message, owner: &str, whole: bool) -> Element {
    let (sender, recipient) = parties(message, owner);
    let mut inner = vec![
        Element::text("Sender", sender),
        Element::text("RecipientUserID", recipient),
        Element::text("SendToName", recipient),
        Element::text("Subject", &message.subject),
        Element::text("MessageID", &message.id),
    ];
    let external = message.external.as_ref();
    inner.extend(external.map(|id| Element::text("ExternalMessageID", id)));
    if whole {
        inner.push(Element::text("Text", &message.body));
    }
    inner.extend([
        Element::text("Flagged", message.is_flagged),
        Element::text("Read", message.is_read),
        Element::text("ReceiveDate", &stamp(message.received)),
        Element::text("ExpirationDate", &stamp(message.expires())),
    ]);
    let item = message.item.as_ref();
    inner.extend(item.map(|id| Element::text("ItemID", id)));
    let response = vec![Element::text("ResponseEnabled", message.item.is_some())];
    let folder = vec![Element::text("FolderID", message.folder)];
    inner.extend([
        Element::group("ResponseDetails", response),
        Element::group("Folder", folder),
        Element::text("MessageType", "ContactEbayMember"),
        Element::text("Replied", message.is_replied),
    ]);
    Element::group("Message", inner)
}

/// How many messages each folder holds; inbox and sent messages have no name.
pub(super) fn summary(all: &BTreeMap<String, Message>) -> Element {
    let count =
        |wanted: &dyn Fn(&Message) -> bool| all.values().filter(|message| wanted(message)).count();
    let folder = |(id, name): &(u32, Option<&str>)| {
        let mut inner = vec![Element::text("FolderID", id)];
        inner.extend(name.map(|name| Element::text("FolderName", name)));
        let new = count(&|message| message.folder == *id && !message.is_read);
        inner.extend([
            Element::text("NewMessageCount", new),
            Element::text("TotalMessageCount", count(&|message| message.folder == *id)),
        ]);
        Element::group("FolderSummary", inner).repeated()
    };
    let mut inner: Vec<Element> = FOLDERS.iter().map(folder).collect();
    inner.extend([
        Element::text("NewMessageCount", count(&|message| !message.is_read)),
        Element::text("FlaggedMessageCount", count(&|message| message.is_flagged)),
        Element::text("TotalMessageCount", count(&|_| true)),
    ]);
    Element::group("Summary", inner)
}

/// The row of a message.
pub(super) fn row(of: &Message, owner: &str) -> Value {
    let (sender, recipient) = parties(of, owner);
    let direction = if of.folder == SENT {
        "outgoing"
    } else {
        "incoming"
    };
    json!({
        "message_id": of.id,
        "external_id": of.external,
        "folder": of.folder.to_string(),
        "direction": direction,
        "sender": sender,
        "recipient": recipient,
        "subject": of.subject,
        "body": of.body,
        "is_read": of.is_read,
        "is_flagged": of.is_flagged,
        "is_archived": of.folder == 3,
        "received_at": stamp(of.received),
        "expires_at": stamp(of.expires()),
        "item_id": of.item,
        "payload": message(of, owner, true).json(),
    })
}
