//! What a terminal's rows are drawn with.

/// What the rows are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    pub(super) rule: char,
    pub(super) tick: char,
    pub(super) now: char,
    pub(super) shift: char,
    pub(super) window: char,
    pub(super) coming: char,
    pub(super) session: char,
    pub(super) intended: char,
    pub(super) issued: char,
    pub(super) gap: char,
    pub(super) trouble: char,
    pub(super) idle: char,
    pub(super) unknown: char,
}

impl Glyphs {
    /// For terminals that show any text.
    pub const UNICODE: Self = Self {
        rule: '─',
        tick: '┬',
        now: '│',
        shift: '↕',
        window: '█',
        coming: '░',
        session: '━',
        intended: '╌',
        issued: '┿',
        gap: '×',
        trouble: '!',
        idle: '·',
        unknown: '?',
    };
    /// For the others.
    pub const ASCII: Self = Self {
        rule: '-',
        tick: '+',
        now: '|',
        shift: '~',
        window: '#',
        coming: ':',
        session: '=',
        intended: '-',
        issued: '+',
        gap: 'x',
        trouble: '!',
        idle: '.',
        unknown: '?',
    };
}
