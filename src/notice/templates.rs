//! The templates of messages: those built in, or files in their place.
//!
//! For each event the first of `EVENT.txt`, `mail.txt` and the built-in one counts; the same with `.html`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::{Environment, Error, Value};

use super::news::News;

const TEXT: &str = include_str!("mail.txt");
const HTML: &str = include_str!("mail.html");
/// What a template needs is a page.
const LARGEST: u64 = 256 << 10;

/// A template that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub path: PathBuf,
    /// Its line, from 1.
    pub line: Option<usize>,
    /// Why.
    pub why: String,
    /// Whether it is the directory that is not there: no template is wrong then.
    pub is_missing: bool,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
        write!(f, "{} {}{line}: {}", if self.is_missing { "templates" } else { "template" }, self.path.display(), self.why)
    }
}

/// All templates.
pub struct Templates(Environment<'static>);

impl Templates {
    /// Those built in.
    pub fn built_in() -> Self {
        let mut environment = Environment::new();
        for (name, text) in [("mail.txt", TEXT), ("mail.html", HTML)] {
            environment.add_template(name, text).expect("a built-in template is sound");
        }
        Self(environment)
    }

    /// Those of a directory over those built in, and what is wrong with any: in place of such a one is the one it would have
    /// replaced.
    pub fn with(directory: Option<&Path>) -> (Self, Vec<Broken>) {
        let mut templates = Self::built_in();
        let mut broken = Vec::new();
        let Some(directory) = directory else { return (templates, broken) };
        if let Err(error) = std::fs::read_dir(directory) {
            broken.push(Broken { path: directory.into(), line: None, why: error.to_string(), is_missing: true });
        }
        let names = News::ALL.iter().map(|(name, _)| *name).chain(["mail"]);
        for name in names.flat_map(|name| [format!("{name}.txt"), format!("{name}.html")]) {
            let path = directory.join(&name);
            let why = match read(&path) {
                Ok(None) => continue,
                Ok(Some(text)) => templates.0.add_template_owned(name, text).err().map(|error| (error.line(), reason(&error))),
                Err(error) => Some((None, error.to_string())),
            };
            broken.extend(why.map(|(line, why)| Broken { path, line, why, is_missing: false }));
        }
        (templates, broken)
    }

    /// Both forms of a message.
    ///
    /// # Errors
    /// Which template can't be filled in, and why.
    pub fn render(&self, news: News, given: &Value) -> Result<(String, String), String> {
        let render = |form: &str| {
            let of_event = self.0.get_template(&format!("{}.{form}", news.name()));
            let template = of_event.or_else(|_| self.0.get_template(&format!("mail.{form}")));
            template.and_then(|template| template.render(given)).map_err(|error| {
                let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
                format!("template {}{line}: {}", error.name().unwrap_or(form), reason(&error))
            })
        };
        Ok((render("txt")?, render("html")?))
    }
}

/// The error without what the template was given.
fn reason(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()))
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(metadata) if !metadata.is_file() || metadata.len() > LARGEST => Err(io::Error::other("no file of at most 256 KiB")),
        Ok(_) => std::fs::read_to_string(path).map(Some),
    }
}
