//! Access tokens: from a file, by OAuth, or from the seller's web app; and the secrets behind them.
//!
//! [`Tokens`] gives an account's access token when an attempt starts, and a fresher one when eBay
//! refuses it. What talks to the network is a token child ([`exchange`]). Access tokens are kept in
//! memory only; refresh tokens and applications are encrypted in the store ([`vault`]).
//!
//! *Not here:* how often what is due is tried again (`scheduler`), what a failed run costs (`policy`).

mod access;
mod deaths;
mod end;
pub mod exchange;
pub mod file;
pub mod forget;
pub mod given;
pub mod key;
mod look;
pub mod problem;
mod seal;
mod source;
pub mod vault;
mod waits;
pub mod web_app;

pub use deaths::Whose;
pub use given::Given;
pub use problem::{Kind, TokenProblem};
pub use source::{Refreshed, Tokens};
pub use waits::waits;
