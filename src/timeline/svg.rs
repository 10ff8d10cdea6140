//! One picture, to be put where HTML can't be.

use std::fmt::Write;

use super::model::Timeline;
use super::shapes::{LANE, PATTERNS, Pen, escaped};

/// How wide it is drawn; it is stretched as is needed.
const WIDTH: u32 = 960;
const EDGE: u32 = 16;
/// A line of text.
const LINE: u32 = 18;

pub const STYLE: &str = include_str!("timeline.css");

/// What each shape means: its class, where it lies, and in words.
pub const KEYS: [(&str, &str); 9] = [
    ("window", "window open"),
    ("coming", "window planned"),
    ("session", "session alive"),
    ("intended", "session planned"),
    ("refresh", "session issued"),
    ("gap", "open, and no session"),
    ("sign", "trouble"),
    ("idle", "no daemon ran"),
    ("silence", "no journal tells"),
];

/// An example of a shape, 24 by 14 pixels.
pub fn swatch(class: &str) -> String {
    match class {
        "refresh" => r#"<line class="refresh" x1="12" x2="12" y1="0" y2="14"/>"#.into(),
        "sign" => r#"<path class="sign" d="M12 2l6 11h-12z"/>"#.into(),
        class => format!(r#"<rect class="{class}" x="1" y="1" width="22" height="12"/>"#),
    }
}

/// The heading of a picture or page.
pub fn heading(timeline: &Timeline) -> String {
    let (from, until) = (timeline.show(timeline.span.opens), timeline.show(timeline.span.closes));
    let now = if timeline.shows_now() { format!("; now is {}", timeline.show(timeline.now)) } else { String::new() };
    format!("{from} to {until} ({}){now}", timeline.zone_name())
}

/// An SVG document.
pub fn svg(timeline: &Timeline) -> String {
    let pen = Pen::new(timeline);
    let mut out = String::new();
    let mut y = EDGE + LINE;
    let text = |out: &mut String, class: &str, y: u32, text: &str| {
        let _ = write!(out, r#"<text class="{class}" x="{EDGE}" y="{y}">{}</text>"#, escaped(text));
    };
    text(&mut out, "name", y - 4, "credadmin timeline");
    for line in [heading(timeline)].iter().chain(&timeline.remarks).flat_map(|text| wrapped(text)) {
        y += LINE;
        text(&mut out, "note", y - 4, &line);
    }
    y += 6;
    let across = WIDTH - 2 * EDGE;
    let part = |out: &mut String, y: u32, height: u32, shapes: &str| {
        let _ = write!(out, r#"<svg x="{EDGE}" y="{y}" width="{across}" height="{height}" overflow="visible">{shapes}</svg>"#);
    };
    part(&mut out, y, pen.axis_height(), &pen.axis());
    y += pen.axis_height();
    for lane in &timeline.lanes {
        let _ = write!(out, r#"<text class="name" x="{EDGE}" y="{}">{}"#, y + LINE, short(&lane.name));
        let _ = write!(out, r#"<tspan class="id"> ({})</tspan></text>"#, short(&lane.secret_id));
        part(&mut out, y + LINE + 4, LANE, &pen.lane(lane));
        y += LINE + 4 + LANE + 6;
    }
    if timeline.lanes.is_empty() {
        text(&mut out, "note", y + LINE, NOTHING);
        y += 2 * LINE;
    }
    y += 10;
    for (index, (class, words)) in (0..).zip(KEYS) {
        let (x, y) = (EDGE + index % 4 * (across / 4), y + index / 4 * (LINE + 4));
        let _ = write!(out, r#"<svg x="{x}" y="{y}" width="24" height="14">{}</svg>"#, swatch(class));
        let _ = write!(out, r#"<text class="key" x="{}" y="{}">{words}</text>"#, x + 30, y + 11);
    }
    let height = y + 3 * (LINE + 4) + EDGE;
    let title = escaped(&format!("credadmin timeline, {}", heading(timeline)));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n{PATTERNS}<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{out}\n</svg>\n"
    )
}

/// What is said where there is nothing to see.
pub const NOTHING: &str = "No secret in the config, and none in the journal.";

/// In lines that fit: SVG breaks none by itself.
fn wrapped(text: &str) -> Vec<String> {
    const FITS: usize = 125;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("one at least");
        match line.chars().count() + word.chars().count() < FITS || line.is_empty() {
            true if line.is_empty() => *line = word.to_owned(),
            true => *line += &format!(" {word}"),
            false => lines.push(format!("    {word}")),
        }
    }
    lines
}

fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.chars().count() > MOST {
        true => escaped(&text.chars().take(MOST - 1).chain(['\u{2026}']).collect::<String>()),
        false => escaped(text),
    }
}
