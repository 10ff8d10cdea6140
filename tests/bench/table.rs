//! How rows are printed.

/// One line of the table.
pub struct Row {
    what: String,
    measured: String,
    goal: String,
}

impl Row {
    /// For the record.
    pub fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), goal: String::new() }
    }

    /// With a goal, and whether it is met.
    pub fn with_goal(self, goal: &str, met: bool) -> Self {
        Self { goal: format!("{goal}: {}", if met { "met" } else { "MISSED" }), ..self }
    }
}

/// Prints rows under a title.
pub fn print(title: &str, rows: &[Row]) {
    println!("{}", written(title, rows));
}

/// Rows under a title.
pub fn written(title: &str, rows: &[Row]) -> String {
    let mut text = format!("{title}\n");
    let widest = |of: fn(&Row) -> &String| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (what, measured) = (widest(|row| &row.what), widest(|row| &row.measured));
    for row in rows {
        let line = format!("  {:what$}  {:>measured$}  {}", row.what, row.measured, row.goal);
        text = text + line.trim_end() + "\n";
    }
    text
}
