//! What a template calls its parts.

use std::collections::BTreeSet;

/// CloudFormation takes 255 characters, and a secret's name may have 512.
const LONGEST: usize = 200;

/// Labels that are already given.
#[derive(Default)]
pub struct Labels(BTreeSet<String>);

impl Labels {
    /// A label like `name`, of letters, digits and `fill` (which may be nothing) in place of all else, and not too long for
    /// CloudFormation; `kind` makes it unlike others, and a number where that is not enough.
    pub fn give(&mut self, name: &str, kind: &str, fill: &str) -> String {
        let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { fill.to_owned() };
        let label = format!("{}{kind}", name.chars().take(LONGEST).map(fits).collect::<String>());
        // Neither language lets a label begin with a digit.
        let label = if label.starts_with(|c: char| c.is_ascii_alphabetic()) { label } else { format!("n{label}") };
        let numbered = std::iter::once(label.clone()).chain((2..).map(|n| format!("{label}{n}")));
        let free = numbered.into_iter().find(|label| !self.0.contains(label)).unwrap_or(label);
        self.0.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_what_labels_have_no_word_for_get_labels_that_differ() {
        let mut labels = Labels::default();
        let given = ["a/b", "a-b", "a.b", "7up"].map(|name| labels.give(name, "Secret", ""));
        assert_eq!(given, ["abSecret", "abSecret2", "abSecret3", "n7upSecret"]);
        assert_eq!(labels.give("a/b", "", "_"), "a_b");
        assert_eq!(labels.give(&"x".repeat(512), "Secret", "").len(), 206);
    }
}
