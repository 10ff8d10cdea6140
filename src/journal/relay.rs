//! What libraries log goes the same way as our own events, through the queue; below a warning it goes nowhere.
//!
//! At debug and trace the SDK's crates log requests whole, our own session token in their headers, and no log level of an
//! operator's may bring that out.

use std::fmt::Write;

use tracing::field::{Field, Visit};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::{Event, Journal};

/// A layer that hands warnings and errors of libraries to the journal.
pub struct Relay(Journal);

impl Relay {
    /// Hands them to `journal`.
    pub fn new(journal: Journal) -> Self {
        Self(journal)
    }
}

impl<S: Subscriber> Layer<S> for Relay {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::WARN
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let (level, target) = (*event.metadata().level(), event.metadata().target().to_owned());
        self.0.tell(Event::Library { level, target, text: text.0 });
    }
}

/// The message alone: fields can hold whole requests.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").expect("a string takes all text");
        }
    }
}
