//! The publish protocol of several daemons, as a model that is searched exhaustively: docs/protocol.md says what is in it.
//!
//! - `scene`: the configs, the instants, and how much may go wrong
//! - `world`: the secret in Secrets Manager, and what is on its way to it
//! - `daemon`: what one daemon remembers and does; `departure`: how one would do it wrong
//! - `state`: all of it at one moment; `model`: what can happen next
//! - `rest`: what comes of it when nothing more goes wrong; `rules`: what has to hold

pub mod daemon;
pub mod departure;
pub mod model;
pub mod rest;
pub mod rules;
pub mod scene;
pub mod state;
pub mod world;
