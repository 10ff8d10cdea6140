//! As much of Secrets Manager as two daemons need to get in each other's way: version ids, and the two labels.

use std::collections::BTreeSet;

use credadmin::grant::Secret;
use credadmin::schedule::verdict::{Staged, Verdict, Wanted, Written, judge};
use jiff::Timestamp;

/// A secret, as DescribeSecret and PutSecretValue show it (aws-facts §6).
#[derive(Default)]
pub struct Staging {
    versions: BTreeSet<String>,
    pub current: Option<String>,
    pub previous: Option<String>,
    /// The version ids that were accepted, in order.
    pub writes: Vec<String>,
}

impl Staging {
    /// `false` where AWS says ResourceExistsException: a token is good once, and no two sessions are equal.
    pub fn put(&mut self, version_id: &str) -> bool {
        if !self.versions.insert(version_id.to_owned()) {
            return false;
        }
        self.previous = self.current.replace(version_id.to_owned());
        self.writes.push(version_id.to_owned());
        true
    }

    fn describe(&self) -> Staged {
        Staged { current: self.current.clone(), others: self.previous.iter().cloned().collect() }
    }
}

/// One daemon: what it plans, and what it remembers. It looks and writes at different moments, so that others get between.
pub struct Daemon {
    pub secret: Secret,
    pub ends: Timestamp,
    /// Whether coverage ends with it.
    pub is_last: bool,
    written: Option<Written>,
    pending: Option<String>,
}

impl Daemon {
    pub fn new(secret: Secret, ends: Timestamp) -> Self {
        Self { secret, ends, is_last: false, written: None, pending: None }
    }

    pub fn look(&mut self, staging: &Staging, now: Timestamp) -> Verdict {
        let verdict = judge(
            &self.secret,
            Wanted { ends: self.ends, is_last: self.is_last },
            now,
            &staging.describe(),
            self.written.as_ref(),
        );
        self.pending = match &verdict {
            Verdict::Publish { version_id } => Some(version_id.clone()),
            Verdict::InPlace | Verdict::Unseen { .. } | Verdict::Superseded { .. } => None,
        };
        verdict
    }

    /// Writes what the last look asked for. Accepted or not, it is known to have been written afterwards.
    pub fn write(&mut self, staging: &mut Staging) {
        if let Some(version_id) = self.pending.take() {
            staging.put(&version_id);
            // Long ago by the next look: this secret shows at once what is written.
            self.written = Some(Written { version_id, shows: true });
        }
    }

    /// Has been told so by AWS. `shows` is whether DescribeSecret must show it by now.
    pub fn knows_written(&mut self, version_id: String, shows: bool) {
        self.written = Some(Written { version_id, shows });
    }

    /// Forgets everything.
    pub fn restart(&mut self) {
        (self.written, self.pending) = (None, None);
    }
}
