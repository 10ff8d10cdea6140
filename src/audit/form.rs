//! Rows for machines: CSV as in RFC 4180, and JSON, one object a line.

use std::io;

use jiff::Timestamp;

use super::row::Row;

/// What a spreadsheet takes for the start of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
const HEADS: [&str; 19] = [
    "secret",
    "secret_id",
    "grant",
    "requested_by",
    "approved_by",
    "reason",
    "ticket",
    "opened",
    "closed",
    "role_arn",
    "access_key_id",
    "role_session_name",
    "source_identity",
    "issued",
    "ends",
    "ended_by",
    "version_id",
    "published_by",
    "found_by",
];

/// With a line of heads; nothing is an empty cell. A cell that a spreadsheet would take for a formula begins with `'`.
///
/// # Errors
/// If `out` takes no more.
pub fn csv(rows: &[Row], out: impl io::Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(HEADS)?;
    for row in rows {
        writer.write_record(cells(row).into_iter().map(|cell| inert(cell.unwrap_or_default())))?;
    }
    writer.flush()
}

/// # Errors
/// If `out` takes no more.
pub fn json(rows: &[Row], mut out: impl io::Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut out, row)?;
        writeln!(out)?;
    }
    out.flush()
}

fn cells(row: &Row) -> [Option<String>; 19] {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    [
        Some(row.secret.clone()),
        Some(row.secret_id.clone()),
        row.grant.clone(),
        row.requested_by.clone(),
        row.approved_by.clone(),
        row.reason.clone(),
        row.ticket.clone(),
        time(row.opened),
        time(row.closed),
        row.role_arn.clone(),
        row.access_key_id.clone(),
        row.role_session_name.clone(),
        row.source_identity.clone(),
        time(row.issued),
        time(row.ends),
        row.ended_by.map(str::to_owned),
        row.version_id.clone(),
        row.published_by.clone(),
        Some(row.found_by.join(" ")),
    ]
}

fn inert(cell: String) -> String {
    match cell.starts_with(FORMULA) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> Row {
        Row {
            secret: "s".into(),
            secret_id: "=HYPERLINK(\"http://x\")".into(),
            requested_by: Some("+1".into()),
            approved_by: Some("@SUM(A1)".into()),
            reason: Some("said \"yes\",\nthen left".into()),
            ticket: Some("-2+3".into()),
            found_by: vec!["a".into(), "b".into()],
            ..Row::default()
        }
    }

    #[test]
    fn csv_holds_any_text_and_no_formula() {
        let mut out = Vec::new();
        csv(&[hostile()], &mut out).unwrap();
        let text = String::from_utf8(out.clone()).unwrap();
        assert!(text.starts_with("secret,secret_id,grant,") && text.ends_with(",a b\r\n"), "{text}");
        let mut reader = csv::Reader::from_reader(&out[..]);
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.len(), HEADS.len());
        assert_eq!(&record[1], "'=HYPERLINK(\"http://x\")");
        assert_eq!([&record[3], &record[4], &record[5], &record[6]], ["'+1", "'@SUM(A1)", "said \"yes\",\nthen left", "'-2+3"]);
    }

    #[test]
    fn the_heads_are_the_keys_of_the_json() {
        let mut out = Vec::new();
        json(&[hostile()], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(row["ticket"], "-2+3", "JSON is for programs, which take it as it is");
        let places: Vec<_> = HEADS.iter().map(|head| text.find(&format!("\"{head}\":")).expect(head)).collect();
        assert!(places.is_sorted() && row.len() == HEADS.len());
    }
}
