//! One page that needs nothing else: no script, no other file, nobody's server. It says so to the browser, too.

use std::fmt::Write;

use jiff::Timestamp;

use super::lane::Lane;
use super::model::Timeline;
use super::shapes::{LANE, PATTERNS, Pen, escaped};
use super::svg::{KEYS, NOTHING, STYLE, heading, swatch};
use super::table::{What, facts};

const PAGE: &str = include_str!("page.css");

/// What the browser may do with it: show it as it is.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// An HTML document.
pub fn html(timeline: &Timeline) -> String {
    let pen = Pen::new(timeline);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>credadmin timeline</title>\n<style>{STYLE}{PAGE}</style>\n</head>\n<body>\n\
         <svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\">{PATTERNS}</svg>\n\
         <header><h1>credadmin timeline</h1>\n<p class=\"faint\">{}</p>\n",
        escaped(&heading(timeline))
    );
    let day = |t: Timestamp| timeline.zone.to_datetime(t).strftime("%a %F").to_string();
    let shifts = timeline.shifts().into_iter().map(|shift| {
        let (zone, label, day) = (timeline.zone_name(), &shift.label, day(shift.at));
        format!("{zone}: {label} on {day}")
    });
    let remarks: Vec<String> = timeline.remarks.iter().cloned().chain(shifts).collect();
    if !remarks.is_empty() {
        let items: String = remarks.iter().map(|remark| format!("<li>{}</li>", escaped(remark))).collect();
        let _ = writeln!(out, "<ul class=\"remarks\">{items}</ul>");
    }
    let _ = writeln!(
        out,
        "</header>\n<div class=\"axis\" aria-hidden=\"true\"><svg class=\"wide-as-page\" height=\"{}\">{}</svg></div>\n<main>",
        pen.axis_height(),
        pen.axis()
    );
    for lane in &timeline.lanes {
        section(&mut out, timeline, &pen, lane);
    }
    if timeline.lanes.is_empty() {
        let _ = writeln!(out, "<p>{NOTHING}</p>");
    }
    let key = |(class, words): (&str, &str)| {
        format!("<li><svg width=\"24\" height=\"14\" aria-hidden=\"true\">{}</svg>{words}</li>", swatch(class))
    };
    let _ = writeln!(out, "</main>\n<ul class=\"legend\">{}</ul>", KEYS.map(key).concat());
    table(&mut out, timeline);
    out + "</body>\n</html>\n"
}

fn section(out: &mut String, timeline: &Timeline, pen: &Pen, lane: &Lane) {
    let (name, secret_id) = (escaped(&lane.name), escaped(&lane.secret_id));
    let _ = writeln!(out, "<section class=\"lane\"><h2><bdi>{name}</bdi> <small>(<bdi>{secret_id}</bdi>)</small></h2>");
    let (sentence, is_alarm) = sum(timeline, lane);
    let _ = writeln!(out, "<p class=\"{}\">{}</p>", if is_alarm { "faint alarm" } else { "faint" }, escaped(&sentence));
    let _ = writeln!(
        out,
        "<svg class=\"wide-as-page\" height=\"{LANE}\" role=\"img\" aria-label=\"{name}: {}\">{}</svg></section>",
        escaped(&sentence),
        pen.lane(lane)
    );
}

/// A lane in a sentence, and whether there is something to look at.
fn sum(timeline: &Timeline, lane: &Lane) -> (String, bool) {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let planned = lane.sessions.iter().filter(|session| session.is_planned).count();
    let mut parts = vec![count(lane.windows.len(), "window"), count(lane.sessions.len() - planned, "session") + " handed out"];
    parts.push(format!("{planned} planned"));
    let open = lane.windows.iter().filter(|(span, _)| span.contains(timeline.now)).map(|(_, grant)| grant.as_str());
    let open: Vec<&str> = open.collect();
    if !open.is_empty() {
        parts.insert(0, format!("open now for {}", open.join(", ")));
    }
    for (n, what) in [(lane.gaps.len(), "gap"), (lane.troubles.len(), "trouble")] {
        parts.extend((n > 0).then(|| count(n, what)));
    }
    (parts.join(", "), !lane.gaps.is_empty() || !lane.troubles.is_empty())
}

/// In rows and cells also where they are shown one below the other.
fn table(out: &mut String, timeline: &Timeline) {
    *out += "<details><summary>All of it as a table</summary>\n<table role=\"table\"><caption>Windows, gaps and troubles, by secret and in \
             the order of time</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">";
    for head in ["Secret", "What", "From", "To", "In words"] {
        let _ = write!(out, "<th role=\"columnheader\" scope=\"col\">{head}</th>");
    }
    *out += "</tr></thead>\n<tbody role=\"rowgroup\">\n";
    for lane in &timeline.lanes {
        for fact in facts(timeline, lane) {
            let what = match fact.what {
                What::Window => "Window",
                What::Gap => "Gap",
                What::Trouble => "Trouble",
            };
            let _ = write!(out, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><bdi>{}</bdi></th>", escaped(&lane.name));
            let is_moment = fact.span.opens == fact.span.closes;
            let to = if is_moment { String::new() } else { timeline.show(fact.span.closes) };
            for cell in [what, &timeline.show(fact.span.opens), &to, &fact.text] {
                let _ = write!(out, "<td role=\"cell\">{}</td>", escaped(cell));
            }
            *out += "</tr>\n";
        }
    }
    *out += "</tbody></table></details>\n";
}
