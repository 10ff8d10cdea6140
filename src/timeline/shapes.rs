//! The shapes of a lane and of the axis, in SVG. Across they are in percent, so that they fill whatever width there is and text
//! stays as large as it is; nothing needs a script.

use std::fmt::Write;

use jiff::Timestamp;

use super::axis::Tick;
use super::lane::Lane;
use super::model::Timeline;
use super::spans::{union, within};
use super::table::{gap, standing};
use crate::grant::Span;
use crate::plain::plain;

/// How high a lane is, in pixels.
pub const LANE: u32 = 46;
/// How high the axis is, and how much higher where it has changes of the clock to name.
const AXIS: u32 = 38;
const CLOCK: u32 = 15;
/// Tick labels that fit on a wide page, and on a phone.
const LABELS: (usize, usize) = (12, 5);
/// Refreshes that are closer than this to the one before, in percent, are no longer seen as two.
const APART: f64 = 0.15;
/// Refreshes that are marked across the whole bar.
const MANY: usize = 60;

/// What the shapes are filled with beside plain colours, so that nothing is told by colour alone.
pub const PATTERNS: &str = r#"<defs>
<pattern id="planned" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/><rect class="stripe" width="2" height="6"/></pattern>
<pattern id="lacking" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="lack" width="6" height="6"/><path class="cross" d="M0 0L6 6M6 0L0 6"/></pattern>
<pattern id="silent" width="8" height="8" patternUnits="userSpaceOnUse"><circle class="dot" cx="2" cy="2" r="1.5"/><circle class="dot" cx="6" cy="6" r="1.5"/></pattern>
</defs>
"#;

/// Text as content or as a value in double quotes, of SVG or HTML.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}

/// Draws on the axis of a timeline.
pub struct Pen<'a> {
    timeline: &'a Timeline,
    ticks: Vec<Tick>,
    few: Vec<Tick>,
}

impl<'a> Pen<'a> {
    pub fn new(timeline: &'a Timeline) -> Self {
        Self { timeline, ticks: timeline.ticks(LABELS.0), few: timeline.ticks(LABELS.1) }
    }

    /// How high the axis is.
    pub fn axis_height(&self) -> u32 {
        if self.timeline.shifts().is_empty() { AXIS } else { AXIS + CLOCK }
    }

    /// What goes into an `<svg>` that is as high as [`Pen::axis_height`]: ticks, changes of the clock, and now.
    pub fn axis(&self) -> String {
        let height = self.axis_height();
        let mut out = String::new();
        self.lines(&mut out, 17, height);
        for tick in &self.ticks {
            let wide = if self.few.contains(tick) { "" } else { " wide" };
            let day = if tick.is_day { "date" } else { "hour" };
            self.label(&mut out, &format!("{day}{wide}"), tick.at, 13, &tick.label);
        }
        for shift in self.timeline.shifts() {
            let label = format!("{}{:#}", if shift.by.is_negative() { "\u{2212}" } else { "+" }, shift.by.abs());
            self.label(&mut out, "clock", shift.at, 30, &format!("clock {label}"));
        }
        if self.timeline.shows_now() {
            self.label(&mut out, "present", self.timeline.now, height - 8, "now");
        }
        out
    }

    /// What goes into an `<svg>` that is [`LANE`] high.
    pub fn lane(&self, lane: &Lane) -> String {
        let (timeline, now) = (self.timeline, self.timeline.now);
        let mut out = self.silence();
        self.lines(&mut out, 0, LANE);
        for (span, grant) in &lane.windows {
            let title = self.title(&format!("{}: {} for {grant}", lane.name, standing(span, now)), span);
            let parts =
                [("window", Span { opens: span.opens, closes: now }), ("coming", Span { opens: now, closes: span.closes })];
            for (class, part) in parts {
                if let Some(part) = part_of(span, &part) {
                    self.bar(&mut out, class, &part, (3, 15), &title);
                }
            }
        }
        let bars = [(false, "session"), (true, "intended")];
        for (is_planned, class) in bars {
            let sessions = lane.sessions.iter().filter(|session| session.is_planned == is_planned);
            for stretch in union(sessions.map(|session| session.span).collect()) {
                let what = if is_planned { "sessions are planned" } else { "sessions were handed out" };
                let title = self.title(&format!("{}: {what}", lane.name), &stretch);
                self.bar(&mut out, class, &stretch, (23, 10), &title);
            }
        }
        self.refreshes(&mut out, lane);
        for span in &lane.gaps {
            let title = self.title(&format!("{}: {}", lane.name, gap(span, now)), span);
            self.bar(&mut out, "gap", span, (22, 12), &title);
        }
        for trouble in &lane.troubles {
            let title = self.title(&format!("{}: {}", lane.name, trouble.message), &trouble.span);
            self.bar(&mut out, "trouble", &trouble.span, (38, 3), &title);
            let x = self.x(trouble.span.opens.max(timeline.span.opens));
            let _ = write!(
                out,
                r#"<svg x="{x}" y="36" width="1" height="1" overflow="visible"><path class="sign" d="M0 0l5 9h-10z">"#
            );
            let _ = write!(out, "<title>{title}</title></path></svg>");
        }
        if timeline.shows_now() {
            let x = self.x(now);
            let _ = write!(out, r#"<line class="now" x1="{x}" x2="{x}" y1="0" y2="{LANE}"/>"#);
        }
        out
    }

    /// What lies behind everything.
    fn silence(&self) -> String {
        let mut out = String::new();
        let silences = [
            ("silence", &self.timeline.unknown, "no journal tells"),
            ("idle", &self.timeline.idle, "no daemon ran, as far as is known"),
        ];
        for (class, spans, what) in silences {
            for span in within(spans, &self.timeline.span) {
                let title = self.title(what, &span);
                self.bar(&mut out, class, &span, (0, LANE), &title);
            }
        }
        out
    }

    /// Ticks, and changes of the clock.
    fn lines(&self, out: &mut String, from: u32, to: u32) {
        for tick in &self.ticks {
            let (class, x) = (if tick.is_day { "day" } else { "tick" }, self.x(tick.at));
            let _ = write!(out, r#"<line class="{class}" x1="{x}" x2="{x}" y1="{from}" y2="{to}"/>"#);
        }
        for shift in self.timeline.shifts() {
            let x = self.x(shift.at);
            let title = escaped(&format!("{}: {}", self.timeline.zone_name(), shift.label));
            let from = if from == 0 { 0 } else { to - 4 };
            let _ = write!(out, r#"<line class="shift" x1="{x}" x2="{x}" y1="{from}" y2="{to}"><title>{title}</title></line>"#);
        }
    }

    fn refreshes(&self, out: &mut String, lane: &Lane) {
        let issued = lane.sessions.iter().map(|session| session.span.opens).filter(|opens| self.timeline.span.contains(*opens));
        let issued: Vec<Timestamp> = issued.collect();
        // So many would hide the bar that they are of.
        let (class, from) = if issued.len() > MANY { ("refresh many", 30) } else { ("refresh", 21) };
        let mut last = f64::MIN;
        for opens in issued {
            let place = self.timeline.place(opens) * 100.0;
            if place - last >= APART {
                let x = self.x(opens);
                let _ = write!(out, r#"<line class="{class}" x1="{x}" x2="{x}" y1="{from}" y2="35"/>"#);
                last = place;
            }
        }
    }

    fn bar(&self, out: &mut String, class: &str, span: &Span, (y, height): (u32, u32), title: &str) {
        let (from, to) = (self.timeline.place(span.opens) * 100.0, self.timeline.place(span.closes) * 100.0);
        let _ = write!(
            out,
            r#"<rect class="{class}" x="{from:.3}%" y="{y}" width="{:.3}%" height="{height}"><title>{title}</title></rect>"#,
            (to - from).max(0.0)
        );
    }

    fn label(&self, out: &mut String, class: &str, at: Timestamp, y: u32, text: &str) {
        let place = self.timeline.place(at);
        let anchor = match () {
            () if place < 0.04 => " start",
            () if place > 0.96 => " end",
            () => "",
        };
        let _ = write!(out, r#"<text class="{class}{anchor}" x="{}" y="{y}">{}</text>"#, self.x(at), escaped(text));
    }

    fn title(&self, what: &str, span: &Span) -> String {
        let (from, to) = (self.timeline.show(span.opens), self.timeline.show(span.closes));
        let when = if span.opens == span.closes { from } else { format!("{from} to {to}") };
        escaped(&format!("{what}, {when}"))
    }

    fn x(&self, t: Timestamp) -> String {
        format!("{:.3}%", self.timeline.place(t) * 100.0)
    }
}

fn part_of(span: &Span, part: &Span) -> Option<Span> {
    if part.opens < part.closes { span.intersect(part) } else { None }
}
