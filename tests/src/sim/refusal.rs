//! eBay's error answers: the common JSON body with its error ids.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// One error in eBay's common body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) id: u32,
    pub(crate) domain: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    /// An error of the Fulfillment API, status 400.
    pub(crate) fn order(id: u32, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            id,
            domain: "API_FULFILLMENT",
            message: message.into(),
        }
    }

    /// An error of the Feed API.
    pub(crate) fn feed(status: u16, id: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            id,
            domain: "API_FEED",
            message: message.into(),
        }
    }

    /// An error of the Inventory API.
    pub(crate) fn inventory(status: u16, id: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            id,
            domain: "API_INVENTORY",
            message: message.into(),
        }
    }

    /// What the gateway says to a missing or unknown token.
    pub(crate) fn token() -> Self {
        Self {
            status: 401,
            id: 1001,
            domain: "OAuth",
            message: "Invalid access token".to_owned(),
        }
    }

    /// What a fault with this status says, in the API that the path belongs to.
    pub(crate) fn usual(status: u16, path: &str, id: Option<u32>) -> Self {
        let feed = path.contains("/feed/");
        let finances = path.contains("/finances/");
        let (usual, domain, message) = match status {
            401 => return Self::token().numbered(id),
            403 => (1100, "ACCESS", "Access denied"),
            429 => (2001, "ACCESS", "Too many requests."),
            500.. if path.contains("/inventory/") => {
                (25_001, "API_INVENTORY", "A system error has occurred.")
            }
            _ if path.contains("/inventory/") => {
                (25_709, "API_INVENTORY", "Invalid value for request.")
            }
            500.. if feed => (
                160_001,
                "API_FEED",
                "There was a problem with an eBay system.",
            ),
            500.. if finances => (
                135_000,
                "API_FINANCES",
                "There was a problem with an eBay internal system or process.",
            ),
            500.. => (30_500, "API_FULFILLMENT", "System error"),
            _ if feed => (160_003, "API_FEED", "Bad request"),
            _ if finances => (135_003, "API_FINANCES", "Bad request"),
            _ => (30_800, "API_FULFILLMENT", "Bad request"),
        };
        Self {
            status,
            id: usual,
            domain,
            message: message.to_owned(),
        }
        .numbered(id)
    }

    fn numbered(mut self, id: Option<u32>) -> Self {
        self.id = id.unwrap_or(self.id);
        self
    }

    fn text(&self) -> String {
        let category = match self.status {
            409 => "BUSINESS",
            500.. => "APPLICATION",
            _ => "REQUEST",
        };
        let long = if self.id == 1001 {
            "Invalid access token. Check the value of the Authorization HTTP request header."
        } else {
            &self.message
        };
        json!({ "errors": [{
            "errorId": self.id, "domain": self.domain, "category": category,
            "message": self.message, "longMessage": long,
        }] })
        .to_string()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let json = HeaderValue::from_static("application/json");
        (status, [(header::CONTENT_TYPE, json)], self.text()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_ebays_usual_ids() {
        let cases = [
            (401, "/order", None, 1001),
            (403, "/order", None, 1100),
            (429, "/order", None, 2001),
            (429, "/order", Some(218_050), 218_050),
            (500, "/sell/fulfillment/v1/order", None, 30_500),
            (503, "/sell/feed/v1/inventory_task", None, 160_001),
            (500, "/sell/inventory/v1/offer", None, 25_001),
            (400, "/sell/inventory/v1/offer", None, 25_709),
            (500, "/sell/finances/v1/payout", None, 135_000),
        ];
        for (status, path, id, wanted) in cases {
            let refusal = Refusal::usual(status, path, id);
            assert_eq!((refusal.status, refusal.id), (status, wanted));
        }
        assert!(
            Refusal::token()
                .text()
                .contains("Check the value of the Authorization")
        );
    }
}
