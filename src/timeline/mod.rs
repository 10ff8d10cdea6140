//! Past and future on one axis: for each secret its windows, sessions, refreshes, gaps and failures.
//!
//! ```text
//! journals ──▶ ledger ─┐
//!                      ├─▶ Timeline ──▶ terminal, SVG, HTML
//! config ────▶ plan ───┘
//! ```

mod axis;
mod glyphs;
mod html;
mod lane;
mod model;
mod shapes;
mod spans;
mod svg;
mod table;
mod terminal;

pub use axis::{Shift, Tick};
pub use glyphs::Glyphs;
pub use html::html;
pub use lane::{Lane, Session, Trouble};
pub use model::{Past, Timeline};
pub use svg::svg;
pub use terminal::terminal;
