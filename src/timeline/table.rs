//! The same facts as lines, for whoever does not see the picture.

use jiff::Timestamp;

use super::lane::Lane;
use super::model::Timeline;
use crate::grant::Span;
use crate::plain::plain;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A window.
    Window,
    /// A window without a session.
    Gap,
    /// Something went wrong.
    Trouble,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub what: What,
    /// When.
    pub span: Span,
    /// What there is to say.
    pub text: String,
}

/// What there is to say of a lane, in the order of time.
pub fn facts(timeline: &Timeline, lane: &Lane) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    facts.extend(lane.windows.iter().map(|(span, grant)| Fact {
        what: What::Window,
        span: *span,
        text: format!("{} for {}{}", standing(span, timeline.now), plain(grant), issued(timeline, lane, span)),
    }));
    facts.extend(lane.gaps.iter().map(|span| Fact { what: What::Gap, span: *span, text: gap(span, timeline.now).into() }));
    facts.extend(lane.troubles.iter().map(|trouble| Fact {
        what: What::Trouble,
        span: trouble.span,
        text: plain(&trouble.message),
    }));
    facts.sort_by_key(|fact| (fact.span.opens, fact.what));
    facts
}

/// How a window stands.
pub fn standing(span: &Span, now: Timestamp) -> &'static str {
    match () {
        () if span.closes <= now => "was open",
        () if span.opens <= now => "is open",
        () => "will be open",
    }
}

/// What a gap means.
pub fn gap(span: &Span, now: Timestamp) -> &'static str {
    match () {
        () if span.closes <= now => "a window was open, and no session was alive",
        () if span.opens <= now => "a window is open, and no session is alive",
        () => "a window will be open, and no session is planned",
    }
}

fn issued(timeline: &Timeline, lane: &Lane, span: &Span) -> String {
    let time = |t: Timestamp| timeline.zone.to_datetime(t).strftime("%H:%M").to_string();
    let list = |is_planned: bool| {
        let sessions =
            lane.sessions.iter().filter(|session| session.is_planned == is_planned && span.contains(session.span.opens));
        sessions.map(|session| time(session.span.opens) + if session.is_revoked { " (revoked)" } else { "" }).collect::<Vec<_>>()
    };
    let told = |verb: &str, times: Vec<String>| match times.len() {
        0 => String::new(),
        1 => format!("; session {verb} at {}", times[0]),
        n => format!("; {n} sessions {verb} at {}", times.join(", ")),
    };
    told("issued", list(false)) + &told("planned", list(true))
}
