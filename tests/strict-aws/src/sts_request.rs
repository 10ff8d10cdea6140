//! What an AssumeRole request may look like, before anyone asks whether it is allowed.

use crate::answer::ApiError;
use crate::constraint::Constraints;
use crate::sts::validation;

/// Plaintext characters of a session policy (aws-facts §2).
const POLICY_CHARACTERS: usize = 2048;

/// An AssumeRole request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssumeRole {
    /// RoleArn
    pub role_arn: String,
    /// RoleSessionName: 2..=64 characters of `[\w+=,.@-]`
    pub role_session_name: String,
    /// DurationSeconds: 900..=43200, 3600 when left out
    pub duration_seconds: Option<i64>,
    /// Policy: at most 2048 characters
    pub policy: Option<String>,
    /// ExternalId: 2..=1224 characters
    pub external_id: Option<String>,
    /// SourceIdentity: 2..=64 characters
    pub source_identity: Option<String>,
    /// Tags: at most 50 pairs of key and value
    pub tags: Vec<(String, String)>,
    /// TransitiveTagKeys: at most 50
    pub transitive_tag_keys: Vec<String>,
}

/// The bounds of the API model (aws-facts §1, §2, §3).
pub(crate) fn check_parameters(request: &AssumeRole) -> Result<(), ApiError> {
    let mut wrong = Constraints::default();
    wrong.length("roleArn", &request.role_arn, 20, 2048);
    wrong.word_characters("roleSessionName", &request.role_session_name, "+=,.@-", r"[\w+=,.@-]*");
    wrong.length("roleSessionName", &request.role_session_name, 2, 64);
    if let Some(seconds) = request.duration_seconds {
        wrong.range("durationSeconds", seconds, 900, 43200);
    }
    if let Some(policy) = &request.policy {
        let allowed = |c| matches!(c, '\u{9}' | '\u{a}' | '\u{d}' | '\u{20}'..='\u{ff}');
        wrong.characters("policy", policy, allowed, r"[\u0009\u000A\u000D\u0020-\u00FF]+");
        wrong.length("policy", policy, 1, POLICY_CHARACTERS);
    }
    if let Some(id) = &request.external_id {
        wrong.word_characters("externalId", id, "+=,.@:/-", r"[\w+=,.@:\/-]*");
        wrong.length("externalId", id, 2, 1224);
    }
    if let Some(id) = &request.source_identity {
        wrong.word_characters("sourceIdentity", id, "+=,.@-", r"[\w+=,.@-]*");
        wrong.length("sourceIdentity", id, 2, 64);
    }
    wrong.count("tags", request.tags.len(), 50);
    for (key, value) in &request.tags {
        wrong.length("tags.member.key", key, 1, 128);
        wrong.length("tags.member.value", value, 0, 256);
    }
    wrong.count("transitiveTagKeys", request.transitive_tag_keys.len(), 50);
    if let Some(text) = wrong.text() {
        return Err(validation(text));
    }
    let mut keys: Vec<_> = request.tags.iter().map(|(key, _)| key.to_lowercase()).collect();
    keys.sort();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
        return Err(ApiError::new(400, "InvalidParameterValue", text));
    }
    Ok(())
}

/// AWS's packing is not published; ours packs nothing, so it is full earlier: policy and tags share 2048 characters.
pub(crate) fn packed_size(request: &AssumeRole) -> Result<Option<usize>, ApiError> {
    let policy = request.policy.as_ref().map_or(0, |policy| policy.chars().count());
    let tags: usize = request.tags.iter().map(|(key, value)| key.chars().count() + value.chars().count()).sum();
    let percent = ((policy + tags) * 100).div_ceil(POLICY_CHARACTERS);
    // aws-facts §2: over 100 % fails with `PackedPolicyTooLarge` (400)
    if percent > 100 {
        let text = format!("Packed size of session tags consumes {percent}% of allotted space.");
        return Err(ApiError::new(400, "PackedPolicyTooLarge", text));
    }
    Ok((request.policy.is_some() || tags > 0).then_some(percent))
}
