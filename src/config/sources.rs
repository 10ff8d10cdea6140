//! The files and variables that the settings are made of, as they were when they were read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::document::Document;
use super::drop_ins::DropIns;
use super::environment::Environment;
use super::fault::{Fault, Faults};
use super::merged::Merged;
use super::zones::Zones;
use super::{Sealed, Settings, checks, file, shapes};

/// The main file, `conf.d` and the environment.
///
/// Kept so that drop-ins, and time zones, can be looked at again without the main file: that is read again on SIGHUP only.
#[derive(Clone, Debug)]
pub struct Sources {
    main: PathBuf,
    texts: Vec<(PathBuf, Arc<str>)>,
    environment: Environment,
    drop_ins: DropIns,
    zones: Zones,
    accepted: bool,
}

impl Sources {
    /// Reads the main file and `conf.d` beside it.
    ///
    /// # Errors
    /// Every file that can't be read or trusted, and what is wrong in the others.
    pub fn read(main: &Path) -> Result<Self, Faults> {
        Self::read_beside(main, DropIns::new(beside(main).join("grants.d")), Zones::default())
    }

    /// Reads them again. What is known of the drop-ins stays known, so that one that can no longer be read still closes its
    /// grants.
    ///
    /// # Errors
    /// As [`Sources::read`].
    pub fn read_again(&self) -> Result<Self, Faults> {
        Self::read_beside(&self.main, self.drop_ins.clone(), self.zones.clone())
    }

    fn read_beside(main: &Path, drop_ins: DropIns, zones: Zones) -> Result<Self, Faults> {
        let (conf_d, mistrust) = file::list(&beside(main).join("conf.d"), None);
        let mut faults: Vec<Fault> = file::mistrust(beside(main)).into_iter().chain(mistrust).collect();
        let mut texts = Vec::new();
        for path in std::iter::once(main.to_path_buf()).chain(conf_d) {
            let content = file::read(&path, None, true);
            match content.fault {
                None => texts.push((path, content.text.into())),
                Some(fault) => faults.push(fault),
            }
        }
        let environment = Environment::of(std::env::vars_os());
        let sources = Self { main: main.into(), texts, environment, drop_ins, zones, accepted: false };
        if faults.is_empty() {
            return Ok(sources);
        }
        let merged = sources.merged(&mut faults);
        let mut mistakes = Vec::new();
        shapes::read(&merged, &mut mistakes);
        Err(sources.refused(faults, mistakes))
    }

    /// The main file.
    pub fn main(&self) -> &Path {
        &self.main
    }

    /// The drop-ins.
    pub fn drop_ins(&self) -> &DropIns {
        &self.drop_ins
    }

    /// Whether the system's time zones are not any more those that the cron lines were read by.
    pub fn zones_have_changed(&self) -> bool {
        self.zones.were_replaced()
    }

    /// The settings that these sources and the drop-ins of this moment make. `now` judges which grants are over.
    ///
    /// # Errors
    /// Every mistake in the main file, `conf.d` and the environment; none once these sources have made settings.
    pub fn settings(&mut self, now: Timestamp) -> Result<Settings, Faults> {
        self.zones.renew();
        let mut faults = Vec::new();
        let merged = self.merged(&mut faults);
        let mut mistakes = Vec::new();
        let draft = shapes::read(&merged, &mut mistakes);
        checks::mistakes(&draft, &merged, now, &mut mistakes);
        // What these sources say does not change. If time has made their plan too large, that must not keep a drop-in from
        // being taken away.
        if !self.accepted && (!faults.is_empty() || !mistakes.is_empty()) {
            return Err(self.refused(faults, mistakes));
        }
        self.accepted = true;
        let mut settings = checks::settings(draft, &merged, &mut self.drop_ins, now);
        settings.remarks.extend(mistakes);
        self.sort(&mut settings.remarks);
        Ok(settings)
    }

    /// The grants of the drop-ins of this moment, each with its evidence; without those that only cut a grant of the main file
    /// short.
    pub fn sealed(&self, settings: &Settings) -> Sealed {
        let merged = self.merged(&mut Vec::new());
        let found = self.drop_ins.clone().read(settings.grants_group);
        let over = merged.with(found.documents);
        Sealed::of(settings.secrets.iter().flat_map(|watched| watched.grants.iter()), over, &merged)
    }

    /// The settings that there would be with one drop-in more.
    ///
    /// # Errors
    /// As [`Sources::settings`].
    pub fn settings_with(&self, name: &str, text: String, now: Timestamp) -> Result<Settings, Faults> {
        Self { drop_ins: self.drop_ins.with(name, text), ..self.clone() }.settings(now)
    }

    /// What they say together; `faults`, which may hold some already, takes what they say in no TOML.
    fn merged(&self, faults: &mut Vec<Fault>) -> Merged {
        let mut documents = Vec::new();
        for (path, text) in &self.texts {
            let (document, errors) = Document::parse(path.clone(), Arc::clone(text));
            documents.push(document);
            faults.extend(errors);
        }
        Merged::new(&self.main, documents, self.environment.clone(), faults.is_empty())
    }

    /// `faults` is what can't be read or is no TOML. Where that is, every other mistake is likely to follow from it.
    fn refused(&self, mut faults: Vec<Fault>, mut mistakes: Vec<Fault>) -> Faults {
        mistakes.retain(|mistake| {
            !faults.iter().any(|fault| fault.place.path().is_some_and(|path| mistake.place.path() == Some(path)))
        });
        faults.extend(mistakes);
        self.sort(&mut faults);
        Faults(faults)
    }

    /// In the order in which the sources are read.
    fn sort(&self, faults: &mut [Fault]) {
        faults.sort_by(|a, b| a.place.order(&self.main).cmp(&b.place.order(&self.main)));
    }
}

/// The directory of the main file, in which the others are.
pub fn beside(main: &Path) -> &Path {
    main.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
