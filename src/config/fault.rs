//! One mistake in the config, and how the admin reads it.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A mistake, or something worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whether the config, or the drop-in, is refused for it.
    pub severity: Severity,
    /// What was found.
    pub found: String,
    /// What is wanted instead, or what it means.
    pub wanted: String,
    /// Where.
    pub place: Place,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Refused.
    Error,
    /// Taken as it is.
    Warning,
}

/// Where a mistake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the text of a file.
    Text {
        /// The file.
        path: PathBuf,
        /// All of its text.
        text: Arc<str>,
        /// From where to where, in bytes.
        span: Range<usize>,
    },
    /// The file, or directory, as such.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
}

impl Fault {
    /// A mistake.
    pub fn error(found: impl Into<String>, wanted: impl Into<String>, place: Place) -> Self {
        Self { severity: Severity::Error, found: found.into(), wanted: wanted.into(), place }
    }

    /// Something worth a word.
    pub fn warning(found: impl Into<String>, wanted: impl Into<String>, place: Place) -> Self {
        Self { severity: Severity::Warning, ..Self::error(found, wanted, place) }
    }

    /// Whether it is a mistake.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// In one line, for the journal: `file:line:column: found; wanted …`.
    pub fn one_line(&self) -> String {
        let place = match &self.place {
            Place::Text { path, text, span } => {
                let before = &text[..span.start.min(text.len())];
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
                format!("{}:{line}:{column}", path.display())
            }
            Place::File(path) => path.display().to_string(),
            Place::Variable(name) => format!("environment variable {name}"),
        };
        format!("{place}: {}; {}", self.found, self.wanted)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(self.found.as_str());
        let group: Group<'_> = match &self.place {
            Place::Text { path, text, span } => {
                let label = AnnotationKind::Primary.span(span.clone()).label(self.wanted.as_str());
                title.element(Snippet::source(&**text).path(path.display().to_string()).annotation(label))
            }
            Place::File(path) => title
                .element(annotate_snippets::Origin::path(path.display().to_string()))
                .element(Level::NOTE.message(self.wanted.as_str())),
            Place::Variable(name) => title
                .element(Level::NOTE.message(format!("in the environment variable {name}")))
                .element(Level::NOTE.message(self.wanted.as_str())),
        };
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// All the mistakes of a config that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
pub struct Faults(pub Vec<Fault>);
