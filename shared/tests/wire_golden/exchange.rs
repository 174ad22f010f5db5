//! The bytes of a token child's order and of each of its answers.

use shared::sandbox::SandboxMode;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::{Ask, Exchange, Exchanged, FromChild, ToChild};

use super::{hold, text};

fn secret(words: &str) -> Secret {
    Secret::new(text(words))
}

#[test]
fn every_exchange() {
    let asks = [
        (
            Ask::Refresh {
                client_id: text("i"),
                client_secret: secret("s"),
                refresh_token: secret("r"),
            },
            "0f000000 0601750001690173017201fb2c0102",
        ),
        (
            Ask::Code {
                client_id: text("i"),
                client_secret: secret("s"),
                ru_name: text("n"),
                code: secret("c"),
            },
            "11000000 0601750101690173016e016301fb2c0102",
        ),
        (
            Ask::WebApp {
                key: secret("k"),
                ebay_account: text("7"),
            },
            "0d000000 06017502016b013701fb2c0102",
        ),
        (
            Ask::WebAppRefresh { key: secret("k") },
            "0b000000 06017503016b01fb2c0102",
        ),
    ];
    for (ask, golden) in asks {
        let exchange = Exchange {
            url: text("u"),
            ask,
            connect_timeout_ms: 1,
            timeout_ms: 300,
            sandbox: SandboxMode::Off,
        };
        hold(&ToChild::Exchange(Box::new(exchange)), golden);
    }
}

#[test]
fn every_answer_to_an_exchange() {
    let what = || text("w");
    let answers = [
        (
            Exchanged::Granted {
                access: secret("a"),
                expires_at: Timestamp(5),
                refresh: Some(secret("r")),
            },
            "08000000 0c0001610a010172",
        ),
        (
            Exchanged::Refreshed {
                refreshed: 3,
                failed: 1,
            },
            "04000000 0c010301",
        ),
        (Exchanged::Revoked { what: what() }, "04000000 0c020177"),
        (Exchanged::Unaccepted { what: what() }, "04000000 0c030177"),
        (Exchanged::Unusable { what: what() }, "04000000 0c040177"),
        (Exchanged::Unavailable { what: what() }, "04000000 0c050177"),
    ];
    for (answer, golden) in answers {
        hold(&FromChild::Exchanged(answer), golden);
    }
}
