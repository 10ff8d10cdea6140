//! Lines of text whose pieces have a tone. How a tone looks is for whoever prints them.

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing of note.
    Usual,
    /// A heading or a name.
    Head,
    /// Something beside the point, or that is not so yet.
    Faint,
    /// A window.
    Open,
    /// Access.
    Alive,
    /// Something to look at.
    Alarm,
}

/// Lines of pieces.
pub type Sheet = Vec<Vec<(Tone, String)>>;
