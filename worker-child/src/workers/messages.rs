//! Messages of all folders: Trading `GetMyMessages`.
//!
//! *API:* `GetMyMessages`, for each slice in three steps: `ReturnSummary` names the folders;
//! `ReturnHeaders` with `StartTime` and `EndTime` lists the messages of each folder; `ReturnMessages`
//! reads them with their bodies, ten at a time. Rows come from the last step.
//! *Folders:* the inbox (0) and the sent messages (1) always, and whatever the summary names.
//! *Paging:* 200 headers a page, pages count from 1. Nothing says whether more follow: a page that
//! is not full is the last, and so is a full one with nothing behind it (error 340). A total is
//! held against what came where there is one. A header that comes on two pages, or a message that
//! is announced and does not come, means that the slice is read once more, then it is `Incomplete`.
//! *Cursor:* when the message was sent. A message that is read, flagged or moved later is seen by
//! the daily deep pass, and so is one that is moved between folders while they are listed.
//! *Cost of the deep pass:* a call for each ten messages of 30 days and three or more for each
//! slice. Nothing in a header tells that a body is stored already, and the headers alone would not
//! do: a row holds the message as a whole.
//! *Quirks:* an answer has no place for the folder's name; folder 3 is the archive, as others have
//! observed. `Text` is escaped HTML, kept as it is.
//! *Left out of the content hash:* nothing; a message has no field that moves on its own.

mod record;

use std::collections::{BTreeMap, BTreeSet};

use shared::failure::Failure;
use shared::record::Record;
use shared::table::Table;
use shared::time::Timestamp;

use super::keyed::Keyed;
use super::paging::Paging;
use super::read::{BodyKind, Next, ReadSpan, Span, Total};
use super::step::{Call, Item, Reply};
use super::trading::{self, Elements, Site, TOTAL};
use crate::fetch::request::{Request, Shape};
use crate::parse::field;
use crate::parse::{Node, ParseError};

const CALL: &str = "GetMyMessages";
const MESSAGE_ID: &str = "MessageID";
/// Headers of one page.
const HEADERS: u64 = 200;
/// Messages of one call with their bodies; eBay takes no more.
const BODIES_A_CALL: usize = 10;
/// Most folders; eBay allows ten besides its own.
const MAX_FOLDERS: usize = 100;
/// Inbox and sent messages: the summary does not name them.
const STANDARD_FOLDERS: [&str; 2] = ["0", "1"];

const SUMMARY: Shape = Shape::Call {
    item_path: &["GetMyMessagesResponse", "Summary", "FolderSummary"],
    tells: &[],
};
const MESSAGES: Shape = Shape::Call {
    item_path: &["GetMyMessagesResponse", "Messages", "Message"],
    tells: &[TOTAL],
};

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[BodyKind {
    shape: MESSAGES,
    records: |item, out| {
        out.push(record::message(element(item)?, None)?);
        Ok(())
    },
}];

/// Reads messages.
#[derive(Debug)]
pub struct Messages {
    site: Site,
    span: Span,
    state: State,
    /// Folders whose headers are to be read.
    folders: BTreeSet<String>,
    /// The folder whose headers are being read.
    folder: String,
    paging: Paging,
    /// Whether eBay tells how many headers the folder has.
    is_told: bool,
    /// The messages of the span and the folders in which they were listed.
    listed: BTreeMap<String, String>,
    /// Messages that are to be asked for with their bodies.
    wanted: BTreeSet<String>,
    /// Messages that were asked for and have not come.
    asked: BTreeSet<String>,
}

/// What is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Summary,
    Headers,
    Bodies,
}

impl Messages {
    /// Reads from this site.
    pub fn new(site: Site) -> Self {
        let moment = Timestamp(0);
        Self {
            site,
            span: Span {
                first: moment,
                last: moment,
            },
            state: State::Summary,
            folders: BTreeSet::new(),
            folder: String::new(),
            paging: Paging::default(),
            is_told: false,
            listed: BTreeMap::new(),
            wanted: BTreeSet::new(),
            asked: BTreeSet::new(),
        }
    }

    fn ask(&self, detail: &str, elements: &Elements, shape: Shape) -> Request {
        let detail = Elements::default().text("DetailLevel", detail);
        trading::call(CALL, self.site, &detail.and(elements), shape)
    }

    /// The next page of the folder's headers.
    fn ask_headers(&self) -> Next {
        let filter = Elements::default()
            .text("FolderID", &self.folder)
            .text("StartTime", &self.span.first.to_string())
            .text("EndTime", &self.span.last.to_string())
            .page(self.paging.page() + 1, HEADERS);
        Next::Fetch(self.ask("ReturnHeaders", &filter, MESSAGES))
    }

    /// The headers of the next folder; when all are read, the bodies.
    fn next_folder(&mut self) -> Next {
        if let Some(folder) = self.folders.pop_first() {
            self.state = State::Headers;
            self.folder = folder;
            self.paging.restart();
            self.is_told = false;
            return self.ask_headers();
        }
        self.state = State::Bodies;
        self.wanted = self.listed.keys().cloned().collect();
        self.next_bodies()
    }

    /// The next messages with their bodies; when all have come, the end.
    fn next_bodies(&mut self) -> Next {
        if let Some(id) = self.asked.first() {
            return Next::Again(format!("message {id} was listed and did not come"));
        }
        let asked = std::iter::from_fn(|| self.wanted.pop_first());
        self.asked = asked.take(BODIES_A_CALL).collect();
        if self.asked.is_empty() {
            return Next::Complete(Total {
                items: self.listed.len() as u64,
                announced: None,
            });
        }
        let ids = self.asked.iter();
        let ids = ids.fold(Elements::default(), |ids, id| ids.text("MessageID", id));
        let wanted = Elements::default().within("MessageIDs", &ids);
        Next::Fetch(self.ask("ReturnMessages", &wanted, MESSAGES))
    }

    /// A page of headers came.
    fn turn(&mut self, call: &Call) -> Result<Next, Failure> {
        let total = trading::count(call, TOTAL)?;
        self.is_told |= total.is_some();
        let turned = match total {
            Some(total) => self.paging.turn(total, call.items),
            None => self.paging.turn_untold(call.items, call.items >= HEADERS),
        };
        Ok(match turned {
            Some(Next::Complete(total)) => self.listed_all(total),
            Some(next) => next,
            None => self.ask_headers(),
        })
    }

    /// The last page of headers came.
    fn listed_all(&mut self, total: Total) -> Next {
        let items = self.paging.offset();
        if total.items != items {
            let (folder, seen) = (&self.folder, total.items);
            return Next::Again(format!(
                "{seen} different messages came of {items} in folder {folder}"
            ));
        }
        self.next_folder()
    }

    /// There is no such page: after a full one it is the end, unless eBay told of more.
    fn past_the_end(&mut self, what: String) -> Next {
        if self.state != State::Headers || self.paging.page() == 0 || self.is_told {
            return Next::Again(what);
        }
        match self.paging.turn_untold(0, false) {
            Some(Next::Complete(total)) => self.listed_all(total),
            Some(_) | None => Next::Again(what),
        }
    }
}

impl ReadSpan for Messages {
    fn begin(&mut self, span: Span) -> Request {
        self.span = span;
        self.state = State::Summary;
        self.folders = STANDARD_FOLDERS.map(str::to_owned).into();
        self.listed.clear();
        self.asked.clear();
        self.ask("ReturnSummary", &Elements::default(), SUMMARY)
    }

    fn keyed(&self) -> Option<Keyed> {
        let message = Keyed {
            members: &[MESSAGE_ID],
            table: Some(Table::Messages),
        };
        (self.state != State::Summary).then_some(message)
    }

    fn passed_over(&mut self, id: &str) {
        match self.state {
            State::Summary => {}
            // Its body is not asked for.
            State::Headers => {
                self.paging.saw(id);
            }
            State::Bodies => {
                self.asked.remove(id);
            }
        }
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        let call = match trading::answer(reply)? {
            Ok(call) => call,
            Err(Next::Again(what)) => return Ok(self.past_the_end(what)),
            Err(next) => return Ok(next),
        };
        match self.state {
            State::Summary => Ok(self.next_folder()),
            State::Headers => self.turn(&call),
            State::Bodies => Ok(self.next_bodies()),
        }
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        let node = element(item)?;
        match self.state {
            State::Summary => {
                self.folders.insert(field::id(node, "FolderID")?);
                if self.folders.len() > MAX_FOLDERS {
                    return Err(ParseError::bad(0, "more folders than there can be"));
                }
            }
            State::Headers => {
                let id = field::id(node, MESSAGE_ID)?;
                self.paging.saw(&id);
                self.listed.insert(id, self.folder.clone());
            }
            State::Bodies => {
                let id = field::id(node, MESSAGE_ID)?;
                let folder = self.listed.get(&id).map(String::as_str);
                out.push(record::message(node, folder)?);
                self.asked.remove(&id);
            }
        }
        Ok(())
    }
}

fn element(item: Item<'_>) -> Result<Node<'_>, ParseError> {
    match item {
        Item::Xml(node) => Ok(node),
        Item::Json(_) => Err(ParseError::bad(0, "a message is not XML")),
    }
}

#[cfg(test)]
mod tests;
