//! One secret: its versions, its labels, and what of them is shown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::answer::ApiError;
use crate::keys::arn_suffix;
use crate::secret_shapes::{DescribedSecret, SecretValue};
use crate::{ACCOUNT, REGION};

/// aws-facts §6: "keeps 100 of the most recent versions, but it keeps all secret versions created in the last 24 hours".
const VERSIONS: usize = 100;
const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) const CURRENT: &str = "AWSCURRENT";
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";

#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) content: String,
    pub(crate) created: Timestamp,
}

#[derive(Debug)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) created: Timestamp,
    pub(crate) deleted: Option<Timestamp>,
    pub(crate) rotation_enabled: bool,
    pub(crate) owning_service: Option<String>,
    /// the region of its primary
    pub(crate) replica_of: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) versions: BTreeMap<String, Version>,
    /// label to version id: a label is on one version at most
    pub(crate) stages: BTreeMap<String, String>,
    /// what DescribeSecret showed from when on
    pub(crate) shown: Vec<(Timestamp, DescribedSecret)>,
}

impl Secret {
    pub(crate) fn new(name: &str, now: Timestamp) -> Self {
        let suffix = arn_suffix(name);
        Self {
            name: name.to_owned(),
            arn: format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{suffix}"),
            created: now,
            deleted: None,
            rotation_enabled: false,
            owning_service: None,
            replica_of: None,
            kms_key_id: None,
            versions: BTreeMap::new(),
            stages: BTreeMap::new(),
            shown: Vec::new(),
        }
    }

    /// By ARN, with or without its suffix.
    pub(crate) fn is_meant_by(&self, id: &str) -> bool {
        let without_suffix = self.arn.rsplit_once('-').map(|(start, _)| start);
        id == self.arn || Some(id) == without_suffix
    }

    /// Writes a version; false if it was there already.
    pub(crate) fn put(&mut self, now: Timestamp, token: &str, content: &str, stages: &[String]) -> Result<bool, ApiError> {
        self.check_not_deleted()?;
        if let Some(service) = &self.owning_service {
            let text = format!("You can't perform this operation on the secret because it's managed by {service}.");
            return Err(ApiError::new(400, "InvalidRequestException", text));
        }
        if self.replica_of.is_some() {
            let text = "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
            return Err(ApiError::new(400, "InvalidParameterException", text));
        }
        // aws-facts §6: same token and same content is a no-op, other content is refused
        match self.versions.get(token) {
            Some(version) if version.content == content => return Ok(false),
            Some(_) => {
                let arn = &self.arn;
                let text = format!(
                    "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
                );
                return Err(ApiError::new(400, "ResourceExistsException", text));
            }
            None => {}
        }
        // aws-facts §6: at most 100 in any 24 h; AWS's text is not known (§15 I)
        if self.versions.values().filter(|version| version.created > now - DAY).count() >= VERSIONS {
            let text = "You can't add more versions to the secret: it has 100 that were created in the last 24 hours.";
            return Err(ApiError::new(400, "LimitExceededException", text));
        }
        let mut labels: BTreeSet<&str> = stages.iter().map(String::as_str).collect();
        if labels.is_empty() || self.versions.is_empty() {
            labels.insert(CURRENT); // the first version always gets it
        }
        let new_labels = labels.iter().filter(|label| !self.stages.contains_key(**label)).count();
        if self.stages.len() + new_labels > 20 {
            let text = "A secret can have at most 20 staging labels.";
            return Err(ApiError::new(400, "LimitExceededException", text));
        }
        self.versions.insert(token.to_owned(), Version { content: content.to_owned(), created: now });
        for label in labels {
            self.attach(label, token);
        }
        self.drop_old(now);
        self.show(now);
        Ok(true)
    }

    /// Moves a label; where `AWSCURRENT` goes, `AWSPREVIOUS` follows to the version that it leaves (aws-facts §6).
    pub(crate) fn attach(&mut self, label: &str, version: &str) {
        let left = self.stages.insert(label.to_owned(), version.to_owned());
        if let Some(left) = left.filter(|left| label == CURRENT && left != version) {
            self.stages.insert(PREVIOUS.to_owned(), left);
        }
    }

    /// Versions without a label go when they are older than a day and not among the newest hundred.
    fn drop_old(&mut self, now: Timestamp) {
        let mut ages: Vec<_> = self.versions.iter().map(|(id, version)| (version.created, id.clone())).collect();
        ages.sort();
        for (created, id) in ages.iter().rev().skip(VERSIONS) {
            if *created <= now - DAY && !self.stages.values().any(|labelled| labelled == id) {
                self.versions.remove(id);
            }
        }
    }

    pub(crate) fn labels(&self, version: &str) -> Vec<String> {
        self.stages.iter().filter(|(_, id)| *id == version).map(|(label, _)| label.clone()).collect()
    }

    pub(crate) fn check_not_deleted(&self) -> Result<(), ApiError> {
        const TEXT: &str = "You can't perform this operation on the secret because it was marked for deletion."; // §6
        self.deleted.map_or(Ok(()), |_| Err(ApiError::new(400, "InvalidRequestException", TEXT)))
    }

    pub(crate) fn value(&self, version_id: Option<&str>, stage: Option<&str>) -> Result<SecretValue, ApiError> {
        let missing = |what: &str, which: &str| {
            let text = format!("Secrets Manager can't find the specified secret value for {what}: {which}");
            ApiError::new(400, "ResourceNotFoundException", text)
        };
        let label = stage.unwrap_or(CURRENT);
        let id = match version_id {
            Some(id) => id,
            None => self.stages.get(label).ok_or_else(|| missing("staging label", label))?,
        };
        let version = self.versions.get(id).ok_or_else(|| missing("VersionId", id))?;
        if stage.is_some_and(|stage| self.stages.get(stage).map(String::as_str) != Some(id)) {
            let text = "You provided a VersionStage that is not associated to the provided VersionId.";
            return Err(ApiError::new(400, "InvalidRequestException", text));
        }
        Ok(SecretValue {
            arn: self.arn.clone(),
            name: self.name.clone(),
            version_id: id.to_owned(),
            version_stages: self.labels(id),
            secret_string: version.content.clone(),
            created_date: version.created,
        })
    }

    /// Takes down what DescribeSecret shows from now on.
    pub(crate) fn show(&mut self, now: Timestamp) {
        let mut version_ids_to_stages: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (label, id) in &self.stages {
            version_ids_to_stages.entry(id.clone()).or_default().push(label.clone());
        }
        let shown = DescribedSecret {
            arn: self.arn.clone(),
            name: self.name.clone(),
            version_ids_to_stages,
            created_date: self.created,
            last_changed_date: now,
            deleted_date: self.deleted,
            rotation_enabled: self.rotation_enabled,
            owning_service: self.owning_service.clone(),
            primary_region: self.replica_of.clone(),
            kms_key_id: self.kms_key_id.clone(),
        };
        self.shown.push((now, shown));
        // No lag is longer than a day: what was replaced before that is never shown again.
        let needless = self.shown.windows(2).take_while(|pair| pair[1].0 <= now - DAY).count();
        self.shown.drain(..needless);
    }

    pub(crate) fn shown_at(&self, at: Timestamp) -> DescribedSecret {
        let visible = self.shown.iter().rev().find(|(from, _)| *from <= at).or(self.shown.first());
        visible.map(|(_, shown)| shown.clone()).expect("a secret is shown from its creation on")
    }
}
