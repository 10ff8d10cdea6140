//! The config of one host, as values and as files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::disturbance::Content;
use crate::story::{Again, Story, Window, secret_id};

/// What the main file of one host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Main {
    /// By number of grant: its secret, and when it is open.
    pub grants: BTreeMap<usize, (usize, Window)>,
    /// How often the tags of each secret have changed.
    pub tags: BTreeMap<usize, usize>,
}

impl Main {
    /// As it is at first.
    pub fn of(story: &Story, host: usize) -> Self {
        let has = |number: &usize| !story.hosts[host].without.contains(number);
        let grants = story.grants.iter().filter(|grant| has(&grant.number));
        Self { grants: grants.map(|grant| (grant.number, (grant.secret, grant.window.clone()))).collect(), tags: BTreeMap::new() }
    }

    /// Another window for a grant, or none.
    pub fn edit(&mut self, story: &Story, grant: usize, window: Option<Window>) {
        let secret = story.grants.iter().find(|it| it.number == grant).map(|it| it.secret);
        match (window, secret) {
            (Some(window), Some(secret)) => drop(self.grants.insert(grant, (secret, window))),
            _ => drop(self.grants.remove(&grant)),
        }
    }

    /// Other tags for a secret.
    pub fn retag(&mut self, secret: usize) {
        *self.tags.entry(secret).or_default() += 1;
    }

    /// The file.
    fn text(&self, story: &Story, host: usize) -> String {
        let mut text = "region = 'eu-central-1'\n".to_owned();
        for secret in &story.secrets {
            let (number, id) = (secret.number, secret.id());
            let lead = story.written_lead(host, secret);
            let policy = if secret.policy { "on" } else { "off" };
            write!(
                text,
                "[secrets.s{number}]\nsecret_id = '{id}'\nrole_arn = '{}'\nsession_duration = '{}m'\nrefresh_lead = '{lead}m'\n\
                 session_policy = '{policy}'\n",
                strict_aws::role_arn(&format!("{id}Access")),
                secret.session,
            )
            .expect("a string takes all");
            if let Some(times) = self.tags.get(&number) {
                writeln!(text, "tags = {{ edited = '{times}' }}").expect("a string takes all");
            }
        }
        for (number, (secret, window)) in &self.grants {
            text += &table(&format!("g{number}"), *secret, window);
        }
        text
    }

    /// Writes it.
    pub fn write(&self, story: &Story, host: usize, directory: &Path) {
        put(directory, "credadmin.toml", &self.text(story, host));
    }
}

/// Overwrites the main file with nonsense.
pub fn spoil(directory: &Path) {
    put(directory, "credadmin.toml", "[secrets.s0\n");
}

/// Writes a drop-in, or takes it away. Edits that are hours apart in the story may be microseconds apart for the file system, whose
/// clock ticks in milliseconds: `nonce` gives each a size of its own.
pub fn drop_in(directory: &Path, file: usize, secret: usize, content: &Content, nonce: usize) {
    let name = format!("grants.d/{file}.toml");
    let table = match content {
        Content::Window(from, until) => table(&format!("d{file}"), secret, &Window::Once(*from, *until)),
        Content::Bad => format!("[grants.d{file}]\nfrom = \n"),
        Content::Gone => {
            let path = directory.join(name);
            if path.exists() {
                fs::remove_file(path).expect("a drop-in to remove");
                // The directory goes with the last: looking into an empty one each minute of a year is dear. It stays if it is not empty.
                let _ = fs::remove_dir(directory.join("grants.d"));
            }
            return;
        }
    };
    fs::create_dir_all(directory.join("grants.d")).expect("a directory");
    put(directory, &name, &format!("{table}{}\n", "#".repeat(nonce % 1000)));
}

/// Whole, or not at all.
fn put(directory: &Path, name: &str, text: &str) {
    let new = directory.join("new");
    fs::write(&new, text).expect("a file");
    fs::rename(new, directory.join(name)).expect("in its place");
}

fn table(name: &str, secret: usize, window: &Window) -> String {
    let keys = match window {
        Window::Once(from, until) => format!("from = '{from}'\nuntil = '{until}'\n"),
        Window::Again(Again { minute, hours, days, minutes, zone }) => {
            let list = |of: &[i8]| of.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            let (hours, days) = (list(hours), list(days));
            format!("cron = '{minute} {hours} * * {days}'\nduration = '{minutes}m'\ntime_zone = '{zone}'\n")
        }
    };
    format!("[grants.{name}]\nsecret = 's{secret}'\n{keys}")
}

/// The number of a secret by Secrets Manager's name for it, or by its role's ARN.
pub fn number_of(name: &str) -> Option<usize> {
    let name = name.rsplit('/').next()?.trim_end_matches("Access");
    let number = name.strip_prefix("Secret")?.parse().ok()?;
    (secret_id(number) == name).then_some(number)
}
