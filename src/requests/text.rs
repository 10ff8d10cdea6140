//! Text that others wrote: what of it may be shown to somebody who is to say yes to it, and how it goes into TOML.

use std::fmt::Write;

/// Signs that show nothing, or turn the text around them: what is read would not be what is there. Unicode's default ignorables
/// (DerivedCoreProperties.txt), but for the two that choose how an emoji looks; and separators, annotations and the empty Braille cell.
const UNSEEN: [std::ops::RangeInclusive<char>; 18] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0d}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Whether `text` is one line of 1 to `longest` characters that all show what they are.
pub fn is_plain(text: &str, longest: usize) -> bool {
    let is_unseen = |c: char| c.is_control() || (!c.is_ascii() && UNSEEN.iter().any(|range| range.contains(&c)));
    !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(is_unseen)
}

/// `text` as a string of TOML, on one line whatever is in it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => write!(quoted, "\\u{:04X}", u32::from(c)).expect("a String takes it"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_shows_itself_is_plain_and_nothing_else() {
        for (text, plain) in [
            ("quarter-end figures", true),
            ("Prüfung «4», 数字", true),
            ("", false),
            (" ", false),
            ("two\nlines", false),
            ("\u{1b}[2J", false),
            ("now \u{202e}txet", false),
            ("zero\u{200b}width", false),
            ("soft\u{ad}hyphen", false),
            ("\u{61c}turned", false),
            ("a\u{3164}filler", false),
            ("tagged\u{e0101}", false),
            ("urgent \u{26a0}\u{fe0f}", true),
            ("12345678901234567890x", false),
        ] {
            assert_eq!(is_plain(text, 20), plain, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_string_comes_back_as_it_was(text in any::<String>()) {
            let line = format!("text = {}", quoted(&text));
            prop_assert_eq!(line.lines().count(), 1);
            let table: toml::Table = toml::from_str(&line).expect("TOML");
            prop_assert_eq!(table["text"].as_str(), Some(text.as_str()));
        }
    }
}
