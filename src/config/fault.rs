//! One mistake in the config, and how the admin reads it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

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

impl Place {
    /// The file, if it is in one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Place::Text { path, .. } | Place::File(path) => Some(path),
            Place::Variable(_) => None,
        }
    }

    /// `file:line:column`, or the variable.
    pub fn position(&self) -> String {
        match self {
            Place::Text { path, text, span } => {
                let before = text.get(..span.start).unwrap_or(text);
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
                format!("{}:{line}:{column}", path.display())
            }
            Place::File(path) => path.display().to_string(),
            Place::Variable(name) => format!("environment variable {name}"),
        }
    }

    /// Where it comes among others: the main file, then the rest by path, each from its top, then variables.
    pub fn order(&self, main: &Path) -> impl Ord + use<'_> {
        match self {
            Place::Text { path, span, .. } => (u8::from(path != main), &**path, span.start, ""),
            Place::File(path) => (u8::from(path != main), &**path, 0, ""),
            Place::Variable(name) => (2, Path::new(""), 0, name.as_str()),
        }
    }
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
        visible(&format!("{}: {}; {}", self.place.position(), self.found, self.wanted)).into_owned()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let found = visible(&self.found);
        let title = level.primary_title(&*found);
        let group: Group<'_> = match &self.place {
            Place::Text { path, text, span } => {
                let label = AnnotationKind::Primary.span(span.clone()).label(self.wanted.as_str());
                title.element(Snippet::source(&**text).path(shown(path)).annotation(label))
            }
            Place::File(path) => title.element(Origin::path(shown(path))).element(Level::NOTE.message(self.wanted.as_str())),
            Place::Variable(name) => title
                .element(Level::NOTE.message(format!("in the environment variable {}", visible(name))))
                .element(Level::NOTE.message(self.wanted.as_str())),
        };
        let text = Renderer::plain().render(&[group]);
        text.lines().enumerate().try_for_each(|(i, line)| write!(f, "{}{}", if i > 0 { "\n" } else { "" }, visible(line)))
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// In one line, and without what a terminal would obey: whoever names a file or a grant must not write the admin's screen.
fn visible(text: &str) -> Cow<'_, str> {
    match text.contains(char::is_control) {
        true => text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect::<String>().into(),
        false => text.into(),
    }
}

/// All the mistakes of a config that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// All of them on one line.
    pub fn one_line(&self) -> String {
        self.0.iter().map(Fault::one_line).collect::<Vec<_>>().join(" | ")
    }
}
