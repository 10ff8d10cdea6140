//! How the story is shown: a line for each thing that happens, and beneath them the timeline, redrawn in place on a terminal.

use std::env;
use std::io::{self, IsTerminal as _, Write};

use jiff::Timestamp;

use crate::scene::{BEGINS, OVER};
use crate::timeline::{Mark, Timeline};

/// Where the story is shown.
pub struct Stage<W = io::Stdout> {
    out: W,
    redraws: bool,
    colours: bool,
    timeline: Timeline,
    /// The timeline as it stands beneath the story.
    drawn: String,
    /// Everything shown so far.
    pub shown: String,
}

impl Stage {
    /// On standard output.
    pub fn on_stdout() -> Self {
        let out = io::stdout();
        let redraws = out.is_terminal() && env::var_os("TERM").is_some_and(|term| term != "dumb");
        let colours = redraws && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self::new(out, redraws, colours)
    }
}

impl<W: Write> Stage<W> {
    fn new(out: W, redraws: bool, colours: bool) -> Self {
        let timeline = Timeline::new(BEGINS, OVER);
        Self { out, redraws, colours, timeline, drawn: String::new(), shown: String::new() }
    }

    /// Shows a line, above the timeline.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.drawn.clear();
        let clear = if self.redraws { "\r\x1b[K" } else { "" };
        self.show(&format!("{clear}{text}\n"))
    }

    /// Tells what somebody does.
    pub fn tell(&mut self, at: Timestamp, who: &str, what: &str) -> io::Result<()> {
        self.line(&format!("{}  {who:<11}  {what}", at.strftime("%H:%M:%S")))
    }

    /// Marks the timeline, and redraws it on a terminal.
    pub fn mark(&mut self, at: Timestamp, mark: Mark) -> io::Result<()> {
        self.timeline.mark(at, mark);
        let line = self.timeline.line(at, self.colours);
        if !self.redraws || self.drawn == line {
            return Ok(());
        }
        self.show(&format!("\r\x1b[K{line}"))?;
        self.drawn = line;
        Ok(())
    }

    /// The end of a chapter: the timeline so far, where it has not been seen all the time.
    pub fn pause(&mut self, at: Timestamp) -> io::Result<()> {
        match self.redraws {
            true => Ok(()),
            false => self.line(&self.timeline.line(at, false)),
        }
    }

    /// The end of the story: the timeline stays.
    pub fn close(&mut self, at: Timestamp) -> io::Result<()> {
        self.line(&self.timeline.line(at, self.colours))
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        self.shown += text;
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(redraws: bool, colours: bool) -> String {
        let mut stage = Stage::new(Vec::new(), redraws, colours);
        stage.mark(BEGINS, Mark::Refused).expect("a Vec takes all");
        stage.tell(BEGINS, "application", "is refused").expect("a Vec takes all");
        stage.pause(BEGINS).expect("a Vec takes all");
        assert_eq!(stage.shown.as_bytes(), stage.out);
        stage.shown
    }

    #[test]
    fn a_terminal_has_its_timeline_redrawn_beneath_the_story() {
        let line = Timeline::new(BEGINS, OVER).line(BEGINS, false).replacen("│ ", "│×", 1);
        assert_eq!(scene(true, false), format!("\r\x1b[K{line}\r\x1b[K07:55:00  application  is refused\n"));
        assert!(scene(true, true).contains("\x1b[31m×\x1b[0m"));
    }

    #[test]
    fn anything_else_gets_plain_lines() {
        let shown = scene(false, false);
        assert!(shown.starts_with("07:55:00  application  is refused\n07:55  │×") && !shown.contains('\x1b'), "{shown}");
    }
}
