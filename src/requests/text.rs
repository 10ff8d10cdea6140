//! Text that others wrote: what of it may be shown to somebody who is to say yes to it, and how it goes into TOML.

use std::fmt::Write;

/// Signs that show nothing, or turn the text around them: what is read would not be what is there.
const UNSEEN: [std::ops::RangeInclusive<char>; 6] = [
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{e0000}'..='\u{e007f}',
];

/// Whether `text` is one line of 1 to `longest` characters that all show what they are.
pub fn is_plain(text: &str, longest: usize) -> bool {
    let is_unseen = |c: char| c.is_control() || UNSEEN.iter().any(|range| range.contains(&c));
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
