//! The judge: AWS's own records against the plan and against what the application saw.

use jiff::Timestamp;
use strict_aws::{SessionRecord, VersionRecord};

use crate::scene::{CANARY, END, OPENS};

/// All that is known when the story is over.
pub struct Evidence {
    /// The version ids that credadmin's plan foresees, in order.
    pub planned: Vec<String>,
    /// What was written into the secret.
    pub versions: Vec<VersionRecord>,
    /// What STS issued.
    pub sessions: Vec<SessionRecord>,
    /// From when on each of those opens nothing.
    pub live_ends: Vec<Option<Timestamp>>,
    /// The access key ids that the application got in with, in order.
    pub used: Vec<String>,
    /// All that the user has seen.
    pub shown: String,
}

/// Judges; says what is proven.
///
/// # Errors
/// Everything that is not.
pub fn judge(evidence: &Evidence) -> Result<String, String> {
    let Evidence { planned, versions, sessions, live_ends, used, shown } = evidence;
    let in_window = |t: Timestamp| OPENS <= t && t < END;
    let written: Vec<_> = versions.iter().map(|version| &version.version_id).collect();
    let issued: Vec<_> = sessions.iter().map(|session| &session.access_key_id).collect();
    let last = live_ends.iter().copied().max().flatten();
    let steps = [
        ("there was a session", !sessions.is_empty()),
        ("the versions written are the planned ones, in order", written.iter().copied().eq(planned)),
        ("STS issued as many sessions as were planned", issued.len() == planned.len()),
        ("the application used every session, in order", issued.iter().copied().eq(used)),
        ("no session was issued outside the window", sessions.iter().all(|session| in_window(session.issued_at))),
        ("nothing was written outside the window", versions.iter().all(|version| in_window(version.created))),
        ("no session was live after the end", live_ends.iter().all(|live_end| live_end.is_some_and(|t| t <= END))),
        ("every key and token has the canary in it", versions.iter().all(|version| version.content.contains(CANARY))),
        ("no key or token was shown", !shown.contains(CANARY)),
    ];
    let missing: Vec<_> = steps.iter().filter(|(_, proven)| !proven).map(|(step, _)| *step).collect();
    if !missing.is_empty() {
        let found =
            format!("planned {planned:?}, written {written:?}, issued {issued:?}, used {used:?}, live until {live_ends:?}");
        return Err(format!("this is not so by AWS's own records: {}; {found}", missing.join("; ")));
    }
    let last = last.map(|t| t.strftime("%H:%M:%S").to_string()).unwrap_or_default();
    Ok(format!(
        "All of this happened: {n} sessions planned, {n} issued, {n} used; the last one died at {last}, and by AWS's own\n\
         records nothing was issued, written or alive after the end.",
        n = planned.len(),
    ))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const SECOND: SignedDuration = SignedDuration::from_secs(1);

    type Change = fn(&mut Evidence);

    fn evidence() -> Evidence {
        let session = SessionRecord {
            access_key_id: "ASIAEXAMPLE".into(),
            role_arn: strict_aws::role_arn("SensitiveS3Access"),
            session_name: "credadmin-quarter-end".into(),
            assumed_by: strict_aws::role_arn("CredAdmin"),
            issued_at: OPENS,
            expiration: END,
            policy_end: Some(END),
            requested_seconds: 3600,
            source_identity: None,
            tags: Vec::new(),
        };
        let version = VersionRecord {
            secret: crate::scene::SECRET.into(),
            version_id: "credadmin-1".into(),
            created: OPENS,
            content: format!("{{\"sessionKey\":\"{CANARY}\"}}"),
            written_by: strict_aws::role_arn("CredAdmin"),
        };
        Evidence {
            planned: vec!["credadmin-1".into()],
            versions: vec![version],
            sessions: vec![session],
            live_ends: vec![Some(END)],
            used: vec!["ASIAEXAMPLE".into()],
            shown: "the story".into(),
        }
    }

    #[test]
    fn the_story_as_it_should_be() {
        let verdict = judge(&evidence()).expect("all is as planned");
        assert!(verdict.starts_with("All of this happened: 1 sessions planned"), "{verdict}");
    }

    #[test]
    fn each_way_in_which_it_can_be_otherwise() {
        let cases: [(&str, Change); 8] = [
            ("the planned ones", |e| e.planned[0] = "credadmin-2".into()),
            ("as many sessions as were planned", |e| e.sessions.push(e.sessions[0].clone())),
            ("used every session", |e| e.used.clear()),
            ("issued outside the window", |e| e.sessions[0].issued_at = OPENS - SECOND),
            ("written outside the window", |e| e.versions[0].created = END),
            ("live after the end", |e| e.live_ends[0] = Some(END + SECOND)),
            ("live after the end", |e| e.live_ends[0] = None),
            ("was shown", |e| e.shown += CANARY),
        ];
        for (step, change) in cases {
            let mut evidence = evidence();
            change(&mut evidence);
            let error = judge(&evidence).expect_err(step);
            assert!(error.contains(step), "{step}: {error}");
        }
    }
}
