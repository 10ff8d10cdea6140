//! credadmin keeps a temporary AWS credential in a Secrets Manager secret exactly while a grant window is open.
//!
//! ```text
//! config ──▶ grants ──▶ coverage ──▶ plan ──▶ session ──▶ secret ──▶ journal
//! ```

#![deny(clippy::print_stderr, clippy::print_stdout)] // they panic where nobody reads any more: see cli::check::tell

pub mod cadence;
pub mod config;
pub mod grant;
mod instant;
mod length;
pub mod schedule;

pub mod session;
pub mod vault;

pub mod daemon;
mod errand;
mod pace;
mod visit;
mod watch;

pub mod alarm;
pub mod changes;
pub mod notice;
pub mod notify;
pub mod signals;
pub mod standing;

pub mod audit;
pub mod sheet;
pub mod timeline;

pub mod history;
pub mod journal;

pub mod aws;
pub mod clock;
pub mod credential;
mod memory;
mod plain;
mod tries;

pub mod cli;
pub mod console;
pub mod consumer;
pub mod doctor;
pub mod policies;
pub mod requests;
pub mod revoke;
