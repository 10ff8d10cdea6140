//! Years of whole daemons in seconds: one, two or three of them, on one config or on several, on a virtual clock against strict-aws'
//! model, with everything that can go wrong. `cargo simulate --years N --seed S`.
//!
//! ```text
//! seed ──▶ story ──▶ run ──▶ records ──▶ oracle ──▶ tally ──▶ report
//!                                          └──▶ shrink ──▶ a small story
//! ```
//!
//! - `story`, `disturbance`, `ills`: plain values; `generate`, `trouble`: those of a seed
//! - `timeline`, `run`: what is done when; `host`, `config`, `process`, `line`, `weather`: to whom
//! - `calendar`, `oracle`: what has to hold, by arithmetic of their own
//! - `shrink`, `tally`, `report`: what comes of it
//! - `cripple`: daemons that the oracle has to catch

pub mod calendar;
pub mod config;
pub mod cripple;
pub mod disturbance;
pub mod generate;
pub mod host;
pub mod ills;
pub mod line;
pub mod oracle;
pub mod process;
pub mod report;
pub mod run;
pub mod shrink;
pub mod story;
pub mod tally;
pub mod timeline;
pub mod trouble;
pub mod weather;
