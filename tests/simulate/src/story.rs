//! A story: who there is, and what happens to them. Plain values, so that it can be printed, and made smaller.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::disturbance::Disturbance;

/// Some days in the life of an account: made from a seed, and the same in every run.
#[derive(Clone, Debug)]
pub struct Story {
    /// What it was made from; the daemons' jitter comes from it, too.
    pub seed: u64,
    /// When it begins, by AWS's clock.
    pub start: Timestamp,
    /// How long it lasts.
    pub length: SignedDuration,
    /// Whether STS takes an instance role's AssumeRole for role chaining, and so caps sessions at an hour.
    pub capped: bool,
    /// One to three hosts, with a daemon each.
    pub hosts: Vec<Host>,
    /// The secrets under their care. A secret keeps its number when others are taken out of the story.
    pub secrets: Vec<Secret>,
    /// The grants of the main file.
    pub grants: Vec<Grant>,
    /// What goes wrong, and what people do.
    pub disturbances: Vec<Disturbance>,
}

/// What sets the config of one host apart from that of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its refresh lead for sessions of an hour or more, in minutes, if it is another.
    pub lead: Option<i64>,
    /// Grants that its main file does not have.
    pub without: Vec<usize>,
}

/// A secret, and how its sessions are made.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Names it.
    pub number: usize,
    /// `session_duration`, in minutes.
    pub session: i64,
    /// `refresh_lead`, in minutes.
    pub lead: i64,
    /// `session_policy`.
    pub policy: bool,
}

/// A grant of one secret.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Names it.
    pub number: usize,
    /// The number of its secret.
    pub secret: usize,
    /// When it is open.
    pub window: Window,
}

/// When a grant is open; every window is half-open.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// Once, in whole seconds.
    Once(Timestamp, Timestamp),
    /// On some weekdays at some hours, by the clocks of a zone.
    Again(Again),
}

/// A window that comes again and again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Again {
    /// At this minute.
    pub minute: i8,
    /// Of these hours.
    pub hours: Vec<i8>,
    /// Of these weekdays, 0 for Sunday.
    pub days: Vec<i8>,
    /// For so many minutes of elapsed time.
    pub minutes: i64,
    /// An IANA zone.
    pub zone: &'static str,
}

impl Story {
    /// How many years of a secret's life are in it: each secret's days count, on however many daemons.
    pub fn secret_years(&self) -> f64 {
        self.secrets.len() as f64 * self.length.as_secs_f64() / (365.0 * 86_400.0)
    }

    /// The refresh lead of a secret on a host, in minutes, with sessions as long as STS makes them: of those that it caps, the lead
    /// is capped too.
    pub fn lead(&self, host: usize, secret: &Secret) -> i64 {
        let lead = self.written_lead(host, secret);
        if self.capped && secret.session > 60 { lead.min(20) } else { lead }
    }

    /// The refresh lead in the config of that host, in minutes. It is the same everywhere for the first secret, which is open for days:
    /// three grids of a day are more versions than Secrets Manager takes, and end access for hours.
    pub fn written_lead(&self, host: usize, secret: &Secret) -> i64 {
        self.hosts[host].lead.filter(|_| secret.session >= 60 && secret.number > 0).unwrap_or(secret.lead)
    }

    /// When it ends.
    pub fn end(&self) -> Timestamp {
        self.start + self.length
    }
}

impl Secret {
    /// Secrets Manager's name for it.
    pub fn id(&self) -> String {
        secret_id(self.number)
    }
}

/// Secrets Manager's name for the secret of that number; its role is `ID` with `Access` behind it.
pub fn secret_id(number: usize) -> String {
    format!("Secret{number:03}")
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capped = if self.capped { "caps" } else { "does not cap" };
        writeln!(f, "seed {}: from {} for {:#}; STS {capped} sessions of an instance role", self.seed, self.start, self.length)?;
        for (number, host) in self.hosts.iter().enumerate() {
            let lead = host.lead.map(|lead| format!(", refresh_lead {lead}m")).unwrap_or_default();
            let without = host.without.iter().map(|grant| format!(", without grant {grant}"));
            writeln!(f, "  host {number}{lead}{}", without.collect::<String>())?;
        }
        for Secret { number, session, lead, policy } in &self.secrets {
            let policy = if *policy { "" } else { ", no session policy" };
            writeln!(f, "  secret {number}: session_duration {session}m, refresh_lead {lead}m{policy}")?;
        }
        for Grant { number, secret, window } in &self.grants {
            writeln!(f, "  grant {number} of secret {secret}: {window}")?;
        }
        for disturbance in &self.disturbances {
            writeln!(f, "  {}: {}", self.start + disturbance.at, disturbance.what)?;
        }
        Ok(())
    }
}

/// As in a config file, on one line.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(from, until) => write!(f, "from = \"{from}\", until = \"{until}\""),
            Self::Again(Again { minute, hours, days, minutes, zone }) => {
                let list = |of: &[i8]| of.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                let (hours, days) = (list(hours), list(days));
                write!(f, "cron = \"{minute} {hours} * * {days}\", duration = \"{minutes}m\", time_zone = \"{zone}\"")
            }
        }
    }
}
