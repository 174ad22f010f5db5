//! Talking to eBay: requests as plain data, one HTTP client, bodies in pieces, what to try again.

pub mod body;
pub mod client;
pub mod endpoint;
pub mod errors;
mod head;
mod live;
pub mod quota;
pub mod redact;
pub mod request;
pub mod retry;
pub mod roots;
pub mod token;
pub mod trading;

pub use body::{Body, BodyError, Filled};
pub use client::{Answer, Client, ClientError, SendError};
pub use request::{Auth, Base, Method, Request, Shape};
