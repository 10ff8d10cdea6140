//! Colour, where somebody looks at it.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::sheet::{Sheet, Tone};

/// Whether text is in colour.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set; anywhere, if `CLICOLOR_FORCE` is.
    Auto,
    Always,
    Never,
}

/// Standard output, which takes colour or drops it.
pub fn stdout(color: Color) -> impl Write {
    let choice = match color {
        Color::Auto => AutoStream::choice(&io::stdout()),
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    io::BufWriter::new(AutoStream::new(io::stdout().lock(), choice))
}

/// Writes a sheet, a line a line.
pub fn write(sheet: &Sheet, out: &mut impl Write) -> io::Result<()> {
    for line in sheet {
        for (tone, text) in line {
            painted(out, *tone, text)?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// Writes one piece.
pub fn painted(out: &mut impl Write, tone: Tone, text: &str) -> io::Result<()> {
    match style(tone) {
        style if style.is_plain() => write!(out, "{text}"),
        style => write!(out, "{style}{text}{style:#}"),
    }
}

/// Colours of the terminal's own, which whoever looks has chosen to be seen.
fn style(tone: Tone) -> Style {
    match tone {
        Tone::Usual => Style::new(),
        Tone::Head => Style::new().bold(),
        Tone::Faint => Style::new().dimmed(),
        Tone::Open => AnsiColor::Blue.on_default(),
        Tone::Alive => AnsiColor::Green.on_default(),
        Tone::Alarm => AnsiColor::Red.on_default().bold(),
    }
}
