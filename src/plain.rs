//! Text that others wrote, made fit to be shown.

/// The same text, with U+FFFD for each character that would act on a terminal or a page rather than be seen: controls, line ends,
/// and those that turn the direction of what follows (Unicode UAX #9 §2).
pub fn plain(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            // Not allowed in XML.
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|c| if acts(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_would_act_is_shown_as_a_mark() {
        assert_eq!(plain("Jörg \u{5d0}\u{5d1} <b> 漢"), "Jörg \u{5d0}\u{5d1} <b> 漢");
        assert_eq!(plain("\u{1b}[31m\r\na\u{202e}b\u{9b}\0"), "\u{fffd}[31m\u{fffd}\u{fffd}a\u{fffd}b\u{fffd}\u{fffd}");
    }
}
