//! Rows for people.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::row::Row;
use crate::grant::Span;
use crate::plain::plain;
use crate::sheet::{Sheet, Tone};

/// A block for each secret, in it one for each window, in it a line for each session.
pub fn sheet(rows: &[Row], span: &Span, now: Timestamp) -> Sheet {
    let mut sheet = Sheet::new();
    for of_secret in rows.chunk_by(|a, b| (&a.secret, &a.secret_id) == (&b.secret, &b.secret_id)) {
        let Row { secret, secret_id, .. } = &of_secret[0];
        sheet.push(vec![(Tone::Head, plain(secret)), (Tone::Usual, format!(" ({})", plain(secret_id)))]);
        for of_window in of_secret.chunk_by(|a, b| (&a.grant, a.opened) == (&b.grant, b.opened)) {
            sheet.extend(window(&of_window[0], span, now));
            sheet.extend(sessions(of_window, now));
        }
        sheet.push(Vec::new());
    }
    sheet
}

fn window(row: &Row, span: &Span, now: Timestamp) -> Sheet {
    let grant = row.grant.as_deref().unwrap_or("grant not told");
    let when = match (row.opened.map(show), row.closed.map(show)) {
        (Some(opened), Some(closed)) => format!("  {opened} to {closed}"),
        (Some(opened), None) => format!("  from {opened}, its end is not told"),
        (None, Some(closed)) => format!("  until {closed}, its opening is not told"),
        (None, None) => "  neither its opening nor its end is told".into(),
    };
    let mut sheet = vec![vec![(Tone::Usual, "  ".into()), (Tone::Head, plain(grant)), (Tone::Usual, when)]];
    let papers = [
        ("requested by", &row.requested_by),
        ("approved by", &row.approved_by),
        ("ticket", &row.ticket),
        ("reason", &row.reason),
    ];
    let told: Vec<String> =
        papers.iter().filter_map(|(label, text)| Some(format!("{label} {}", plain(text.as_ref()?)))).collect();
    let told = if told.is_empty() { "nobody is named for it".into() } else { told.join(", ") };
    sheet.push(vec![(Tone::Usual, format!("    {told}"))]);
    if row.version_id.is_none() {
        let until = row.closed.unwrap_or(now).min(span.closes);
        let why =
            if until < now || row.closed.is_some() { "no session was issued for it" } else { "no session is issued for it yet" };
        sheet.push(vec![(Tone::Alarm, format!("    {why}"))]);
    }
    sheet
}

fn sessions(rows: &[Row], now: Timestamp) -> Sheet {
    const HEADS: [&str; 6] = ["ISSUED (UTC)", "ENDS (UTC)", "ACCESS KEY ID", "ROLE SESSION NAME", "VERSION", "BY"];
    let mut table: Vec<(Tone, [String; 6])> = vec![(Tone::Faint, HEADS.map(str::to_owned))];
    for row in rows {
        let Some(version_id) = &row.version_id else { continue };
        let ends = row.ends.map(show).unwrap_or_default();
        let not_told = || "not told".to_owned();
        let by = row.published_by.as_deref().map_or_else(not_told, plain);
        let found = row.found_by.iter().map(|host| plain(host)).collect::<Vec<_>>().join(", ");
        let tone = match row.ends.is_some_and(|ends| ends > now) {
            _ if row.published_by.is_none() || row.ended_by == Some("revoked") => Tone::Alarm,
            true => Tone::Alive,
            false => Tone::Usual,
        };
        table.push((
            tone,
            [
                row.issued.map_or_else(not_told, show),
                if row.ended_by == Some("revoked") { format!("{ends} revoked") } else { ends },
                row.access_key_id.as_deref().map_or_else(not_told, plain),
                row.role_session_name.as_deref().map_or_else(not_told, plain),
                plain(version_id),
                if found.is_empty() { by } else { format!("{by}, found by {found}") },
            ],
        ));
    }
    if table.len() == 1 {
        return Sheet::new();
    }
    let widths: Vec<usize> =
        (0..6).map(|column| table.iter().map(|(_, cells)| cells[column].width()).max().unwrap_or(0)).collect();
    let line = |(tone, cells): (Tone, [String; 6])| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        vec![(Tone::Usual, "    ".into()), (tone, padded.collect::<Vec<_>>().join("  ").trim_end().to_owned())]
    };
    table.into_iter().map(line).collect()
}

fn show(t: Timestamp) -> String {
    t.strftime("%F %H:%M:%S").to_string()
}
