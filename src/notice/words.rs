//! What a notice says to people, in English: a headline and a few sentences. Templates put them where they belong.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::news::News;
use super::read::Notice;

/// The words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Words {
    /// What happened, on one line.
    pub headline: String,
    /// What it means, and what to do.
    pub sentences: Vec<String>,
    /// Until when, in the reader's zone.
    pub until: Option<String>,
}

impl Words {
    /// The words of a notice, with times of this zone.
    pub fn of(notice: &Notice, zone: &TimeZone) -> Self {
        let local = |t: Timestamp| t.to_zoned_datetime(zone.clone()).strftime("%a %F %H:%M %Z").to_string();
        let until = notice.until.map(local);
        let secret = notice.secret.as_deref().unwrap_or("credadmin");
        let grants = match &notice.grants[..] {
            [] => "a grant".to_owned(),
            [grant] => format!("the grant {grant}"),
            grants => format!("the grants {}", grants.join(", ")),
        };
        let by = |who: &Option<String>| who.as_ref().map_or_else(String::new, |who| format!(" by {who}"));
        let headline = match (notice.news, &until) {
            (News::Requested, _) => format!("access to {secret} is requested{}", by(&notice.requested_by)),
            (News::Approved, _) => format!("access to {secret} is approved{}", by(&notice.approved_by)),
            (News::Denied, _) => format!("access to {secret} is denied"),
            (News::Withdrawn, _) => format!("the request for access to {secret} is withdrawn"),
            (News::Opens, Some(until)) => format!("access to {secret} is open until {until}"),
            (News::Opens, None) => format!("access to {secret} is open"),
            (News::Ending, Some(until)) => format!("access to {secret} ends at {until}"),
            (News::Ending, None) => format!("access to {secret} ends soon"),
            (News::Ended, _) => format!("a window of {secret} has ended"),
            (News::Revoked, Some(_)) => format!("access to {secret} is revoked"),
            // Without the Deny an entry says of no instant that what was issued before it is denied.
            (News::Revoked, None) => format!("access to {secret} is NOT revoked, though somebody tried"),
            (News::Failing, _) => format!("{secret} is failing"),
            (News::WellAgain, _) => format!("{secret} is well again"),
        };
        Self { headline, sentences: sentences(notice, &grants, secret), until }
    }
}

fn sentences(notice: &Notice, grants: &str, secret: &str) -> Vec<String> {
    let get_in = format!(
        "An application that reads the secret has its credentials by itself. For the AWS console run: credadmin console {secret}"
    );
    let not_yet = "Nothing is open yet. The window opens by itself when its time comes; a message follows then.";
    match notice.news {
        News::Requested => vec![
            format!("Somebody asks for {grants}. Nothing is open before it is approved."),
            "Whoever may approve it finds it on the host of credadmin.".into(),
        ],
        News::Approved => vec![format!("It is {grants}. {not_yet}")],
        News::Denied => vec![format!("It was {grants}. Nothing opens.")],
        News::Withdrawn => vec![format!("It was {grants}. Nothing opens.")],
        News::Opens => vec![format!("The window of {grants} has begun."), get_in],
        News::Ending => vec![
            format!("The window of {grants} is about to end. Unless another grant covers the secret, access ends with it, by AWS's own clock."),
            "Finish what you are doing. If you need longer, ask for it now: whoever approves grants can extend this one.".into(),
        ],
        News::Ended => vec![format!("The window of {grants} is over."), sentence(&notice.said)],
        News::Revoked if notice.until.is_some() => {
            vec![format!("Somebody ended {grants} before its time."), sentence(&notice.said)]
        }
        News::Revoked => vec![
            format!("Somebody tried to end {grants} before its time. Sessions that were handed out may live until their own end."),
            sentence(&notice.said),
        ],
        News::Failing => vec![
            "credadmin can't keep this secret as planned. It tries again by itself, and what was handed out lives until its own end."
                .into(),
            sentence(&notice.said),
            format!("On the host: credadmin status; journalctl -u credadmin -p err SECRET={secret}; credadmin doctor"),
        ],
        News::WellAgain => vec!["It is as planned again, and there is nothing to do.".into(), sentence(&notice.said)],
    }
}

/// The journal's own words as a sentence.
fn sentence(said: &str) -> String {
    format!("The journal says: {}.", said.trim_end_matches('.'))
}
