//! The timeline: the whole story in one line, a cell for every five minutes.

use jiff::{SignedDuration, Timestamp};

const CELL: SignedDuration = SignedDuration::from_mins(5);

/// What is seen of one cell; of several things the last one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Still to come.
    Ahead,
    /// Gone by without anything to show.
    Quiet,
    /// The application got in.
    Open,
    /// The application was refused.
    Refused,
    /// A session was put into the secret.
    Published,
}

impl Mark {
    /// The sign that stands for it.
    pub fn sign(self) -> char {
        match self {
            Self::Ahead => ' ',
            Self::Quiet => '·',
            Self::Open => '━',
            Self::Refused => '×',
            Self::Published => '●',
        }
    }

    fn colour(self) -> Option<&'static str> {
        match self {
            Self::Ahead | Self::Quiet => None,
            Self::Open | Self::Published => Some("32"),
            Self::Refused => Some("31"),
        }
    }
}

/// One line of cells.
#[derive(Debug)]
pub struct Timeline {
    begins: Timestamp,
    cells: Vec<Mark>,
}

impl Timeline {
    /// From `begins` until `over`.
    pub fn new(begins: Timestamp, over: Timestamp) -> Self {
        let cells = over.duration_since(begins).as_secs() / CELL.as_secs() + 1;
        Self { begins, cells: (0..cells).map(|_| Mark::Ahead).collect() }
    }

    /// Marks the cell of `at`; all before it have gone by.
    pub fn mark(&mut self, at: Timestamp, mark: Mark) {
        let index = at.duration_since(self.begins).as_secs() / CELL.as_secs();
        for (i, cell) in (0..).zip(&mut self.cells) {
            let mark = if i == index { mark } else { Mark::Quiet };
            if i <= index {
                *cell = mark.max(*cell);
            }
        }
    }

    /// The line, in colours or without.
    pub fn line(&self, now: Timestamp, colours: bool) -> String {
        let signs: String = self
            .cells
            .iter()
            .map(|mark| match mark.colour().filter(|_| colours) {
                Some(colour) => format!("\x1b[{colour}m{}\x1b[0m", mark.sign()),
                None => mark.sign().to_string(),
            })
            .collect();
        format!("{}  │{signs}│", now.strftime("%H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_shows_the_strongest_of_what_happened_in_it() {
        let at = |time: &str| format!("2026-12-01T{time}Z").parse::<Timestamp>().expect("an instant");
        let mut timeline = Timeline::new(at("08:00:00"), at("08:30:00"));
        timeline.mark(at("08:04:59"), Mark::Refused);
        timeline.mark(at("08:10:00"), Mark::Published);
        timeline.mark(at("08:11:00"), Mark::Open);
        timeline.mark(at("08:15:00"), Mark::Open);
        assert_eq!(timeline.line(at("08:15:30"), false), "08:15  │×·●━   │");
        assert!(timeline.line(at("08:15:30"), true).contains("\x1b[31m×\x1b[0m·\x1b[32m●\x1b[0m"));
    }
}
