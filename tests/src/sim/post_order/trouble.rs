//! Post-Order's error answers: one documented shape, and three more that clients have met.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Kind;

/// How an error is wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// `{"errorMessage":{"error":[…]}}`, as documented.
    #[default]
    Documented,
    /// The same with a single error instead of a list.
    Single,
    /// `{"error":[…]}`.
    Bare,
    /// `{"errors":[…]}`, as the other REST APIs have it.
    Errors,
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) status: u16,
    pub(crate) id: u32,
    pub(crate) message: String,
    pub(crate) kind: Kind,
    pub(crate) shape: ErrorShape,
}

impl Trouble {
    /// A request that is refused, status 400.
    pub(crate) fn input(kind: Kind, id: u32, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            id,
            message: message.into(),
            kind,
            shape: ErrorShape::Documented,
        }
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        let domain = match self.kind {
            Kind::Return => "returnErrorDomain",
            Kind::Inquiry | Kind::Case => "resolutionsErrorDomain",
        };
        let category = if self.status >= 500 {
            "APPLICATION"
        } else {
            "REQUEST"
        };
        let error = json!({
            "errorId": self.id,
            "domain": domain,
            "severity": "ERROR",
            "category": category,
            "message": self.message,
            "parameter": [],
            "longMessage": self.message,
            "httpStatusCode": self.status,
        });
        match self.shape {
            ErrorShape::Documented => json!({ "errorMessage": { "error": [error] } }),
            ErrorShape::Single => json!({ "errorMessage": { "error": error } }),
            ErrorShape::Bare => json!({ "error": [error] }),
            ErrorShape::Errors => json!({ "errors": [error] }),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let json = HeaderValue::from_static("application/json");
        let text = self.body().to_string();
        (status, [(header::CONTENT_TYPE, json)], text).into_response()
    }
}
