//! For a terminal: a column is a stretch of time, and each secret has a row for its windows and one for its sessions.

use jiff::{SignedDuration, Timestamp};
use unicode_width::UnicodeWidthChar;

use super::glyphs::Glyphs;
use super::lane::Lane;
use super::model::Timeline;
use super::svg::{NOTHING, heading};
use super::table::{What, facts};
use crate::grant::Span;
use crate::instant::after;
use crate::plain::plain;
use crate::sheet::{Sheet, Tone};

/// A label takes this many columns, with what keeps it apart from the next.
const LABEL: usize = 11;
/// No narrower, however narrow the terminal is.
const NARROWEST: usize = 20;

/// In so many columns.
pub fn terminal(timeline: &Timeline, width: usize, glyphs: &Glyphs) -> Sheet {
    let canvas = Canvas { timeline, width: width.max(NARROWEST), glyphs };
    let mut sheet: Sheet = vec![vec![(Tone::Head, heading(timeline))]];
    sheet.extend(timeline.remarks.iter().map(|remark| vec![(Tone::Alarm, plain(remark))]));
    sheet.extend([Vec::new(), canvas.labels(), canvas.axis()]);
    for lane in &timeline.lanes {
        sheet.extend(canvas.lane(lane));
    }
    if timeline.lanes.is_empty() {
        sheet.push(vec![(Tone::Usual, NOTHING.into())]);
    }
    sheet.push(Vec::new());
    sheet.extend(canvas.legend());
    sheet.extend(notes(timeline));
    sheet
}

struct Canvas<'a> {
    timeline: &'a Timeline,
    width: usize,
    glyphs: &'a Glyphs,
}

type Cell = (Tone, char);

impl Canvas<'_> {
    fn labels(&self) -> Vec<(Tone, String)> {
        let mut line = vec![' '; self.width];
        let mut free = 0;
        for tick in self.timeline.ticks(self.width / LABEL) {
            let column = self.column(tick.at);
            let label: Vec<char> = tick.label.chars().collect();
            if column >= free && column + label.len() <= self.width {
                line[column..column + label.len()].copy_from_slice(&label);
                free = column + label.len() + 1;
            }
        }
        vec![(Tone::Usual, line.iter().collect::<String>().trim_end().to_owned())]
    }

    fn axis(&self) -> Vec<(Tone, String)> {
        let mut cells = vec![(Tone::Faint, self.glyphs.rule); self.width];
        for tick in self.timeline.ticks(self.width / LABEL) {
            cells[self.column(tick.at)] = (Tone::Faint, self.glyphs.tick);
        }
        for shift in self.timeline.shifts() {
            cells[self.column(shift.at)] = (Tone::Alarm, self.glyphs.shift);
        }
        if self.timeline.shows_now() {
            cells[self.column(self.timeline.now)] = (Tone::Head, self.glyphs.now);
        }
        pieces(&cells)
    }

    fn lane(&self, lane: &Lane) -> Sheet {
        let id = format!(" ({})", fitting(&lane.secret_id, self.width.saturating_sub(lane.name.len() + 3)));
        let head = vec![(Tone::Head, fitting(&lane.name, self.width)), (Tone::Faint, id)];
        let windows = self.row(|cell| self.window(lane, cell));
        let alive = lane.alive();
        let mut was_issued = false;
        let sessions = self.row(|cell| {
            let cell = self.session(lane, &alive, cell, was_issued);
            was_issued = cell.is_some_and(|(_, c)| c == self.glyphs.issued);
            cell
        });
        let mut rows = vec![head, windows, sessions];
        if !lane.troubles.is_empty() {
            rows.push(self.row(|cell| {
                let is_here = |span: &Span| span.opens < cell.closes && span.closes.max(span.opens) >= cell.opens;
                let here = lane.troubles.iter().any(|trouble| is_here(&trouble.span));
                here.then_some((Tone::Alarm, self.glyphs.trouble))
            }));
        }
        rows
    }

    fn window(&self, lane: &Lane, cell: &Span) -> Option<Cell> {
        let in_any = |spans: &[Span]| spans.iter().any(|span| span.intersect(cell).is_some());
        let glyphs = self.glyphs;
        match () {
            () if lane.windows.iter().any(|(span, _)| span.intersect(cell).is_some()) => {
                Some(match cell.opens < self.timeline.now {
                    true => (Tone::Open, glyphs.window),
                    false => (Tone::Open, glyphs.coming),
                })
            }
            () if cell.contains(self.timeline.now) => None,
            () if in_any(&self.timeline.idle) => Some((Tone::Faint, glyphs.idle)),
            () if in_any(&self.timeline.unknown) => Some((Tone::Faint, glyphs.unknown)),
            () => None,
        }
    }

    fn session(&self, lane: &Lane, alive: &[Span], cell: &Span, was_issued: bool) -> Option<Cell> {
        let glyphs = self.glyphs;
        let in_any = |spans: &[Span]| spans.iter().any(|span| span.intersect(cell).is_some());
        let is_past = lane.sessions.iter().any(|session| !session.is_planned && session.span.intersect(cell).is_some());
        let tone = if is_past { Tone::Alive } else { Tone::Faint };
        match () {
            () if in_any(&lane.gaps) => Some((Tone::Alarm, glyphs.gap)),
            // One beside the other, they would hide what they are of.
            () if !was_issued && lane.sessions.iter().any(|session| cell.contains(session.span.opens)) => {
                Some((tone, glyphs.issued))
            }
            () if in_any(alive) => Some((tone, if is_past { glyphs.session } else { glyphs.intended })),
            () => None,
        }
    }

    /// A row of cells; where there is nothing, the line of now goes through.
    fn row(&self, mut cell: impl FnMut(&Span) -> Option<Cell>) -> Vec<(Tone, String)> {
        let now = Some((Tone::Head, self.glyphs.now));
        let cells = (0..self.width).map(|column| {
            let span = Span { opens: self.instant(column), closes: self.instant(column + 1) };
            let is_now = self.timeline.shows_now() && self.column(self.timeline.now) == column;
            cell(&span).or(now.filter(|_| is_now)).unwrap_or((Tone::Usual, ' '))
        });
        pieces(&cells.collect::<Vec<_>>())
    }

    fn legend(&self) -> Sheet {
        let glyphs = self.glyphs;
        let keys = [
            (Tone::Open, glyphs.window, "window open"),
            (Tone::Open, glyphs.coming, "planned"),
            (Tone::Alive, glyphs.session, "session alive"),
            (Tone::Faint, glyphs.intended, "planned"),
            (Tone::Alive, glyphs.issued, "issued"),
            (Tone::Alarm, glyphs.gap, "open, and no session"),
            (Tone::Alarm, glyphs.trouble, "trouble"),
            (Tone::Faint, glyphs.idle, "no daemon ran"),
            (Tone::Faint, glyphs.unknown, "no journal tells"),
            (Tone::Head, glyphs.now, "now"),
            (Tone::Alarm, glyphs.shift, "clocks change"),
        ];
        let mut sheet: Sheet = vec![Vec::new()];
        let mut used = 0;
        for (tone, glyph, words) in keys {
            let length = words.len() + 4;
            if used > 0 && used + length > self.width {
                sheet.push(Vec::new());
                used = 0;
            }
            let line = sheet.last_mut().expect("a line");
            let gap = if used > 0 { "  " } else { "" };
            line.extend([(Tone::Usual, gap.to_owned()), (tone, glyph.to_string()), (Tone::Usual, format!(" {words}"))]);
            used += length;
        }
        sheet
    }

    fn column(&self, t: Timestamp) -> usize {
        // From 0 to 1, and so within the width.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "some hundreds")]
        let column = (self.timeline.place(t) * self.width as f64) as usize;
        column.min(self.width - 1)
    }

    /// When a column begins.
    fn instant(&self, column: usize) -> Timestamp {
        let Span { opens, closes } = self.timeline.span;
        let column = i128::try_from(column).unwrap_or_default();
        let width = i128::try_from(self.width).unwrap_or(1);
        let nanoseconds = closes.duration_since(opens).as_nanos() * column / width;
        after(opens, SignedDuration::from_nanos_i128(nanoseconds))
    }
}

/// What the picture is too small for.
fn notes(timeline: &Timeline) -> Sheet {
    let mut sheet = Sheet::new();
    for shift in timeline.shifts() {
        sheet.push(vec![(Tone::Usual, format!("{}: {} at {}", timeline.zone_name(), shift.label, timeline.show(shift.at)))]);
    }
    for lane in &timeline.lanes {
        for fact in facts(timeline, lane).iter().filter(|fact| fact.what != What::Window) {
            let until = if fact.span.closes == fact.span.opens {
                String::new()
            } else {
                format!(" to {}", timeline.show(fact.span.closes))
            };
            let when = format!("{}{until}", timeline.show(fact.span.opens));
            sheet.push(vec![
                (Tone::Head, plain(&lane.name)),
                (Tone::Usual, format!(", {when}: ")),
                (Tone::Alarm, fact.text.clone()),
            ]);
        }
    }
    if !sheet.is_empty() {
        sheet.insert(0, Vec::new());
    }
    sheet
}

/// Cells of one tone are one piece, and blanks at the end none.
fn pieces(cells: &[Cell]) -> Vec<(Tone, String)> {
    let end = cells.iter().rposition(|(_, c)| *c != ' ').map_or(0, |last| last + 1);
    cells[..end].chunk_by(|a, b| a.0 == b.0).map(|cells| (cells[0].0, cells.iter().map(|(_, c)| c).collect())).collect()
}

/// As much of a text as fits into so many columns.
fn fitting(text: &str, width: usize) -> String {
    let text = plain(text);
    let wide = |c: char| c.width().unwrap_or(0);
    if text.chars().map(wide).sum::<usize>() <= width {
        return text;
    }
    let mut used = 3;
    text.chars()
        .take_while(|c| {
            used += wide(*c);
            used <= width
        })
        .collect::<String>()
        + "..."
}
