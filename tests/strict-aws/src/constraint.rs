//! The constraints of AWS's API models, told as AWS tells them.

/// Collects what is wrong with a request's parameters.
#[derive(Debug, Default)]
pub(crate) struct Constraints(Vec<String>);

impl Constraints {
    fn broken(&mut self, value: &str, at: &str, wanted: &str) {
        self.0.push(format!("Value '{value}' at '{at}' failed to satisfy constraint: Member must {wanted}"));
    }

    /// Lengths are counted in Unicode scalars (aws-facts §3).
    pub(crate) fn length(&mut self, at: &str, value: &str, least: usize, most: usize) {
        let length = value.chars().count();
        if length < least {
            self.broken(value, at, &format!("have length greater than or equal to {least}"));
        } else if length > most {
            self.broken(value, at, &format!("have length less than or equal to {most}"));
        }
    }

    /// The characters of `[\w…]*`: letters, digits, `_` and `others`.
    pub(crate) fn word_characters(&mut self, at: &str, value: &str, others: &str, pattern: &str) {
        if !value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || others.contains(c)) {
            self.broken(value, at, &format!("satisfy regular expression pattern: {pattern}"));
        }
    }

    pub(crate) fn characters(&mut self, at: &str, value: &str, allowed: impl Fn(char) -> bool, pattern: &str) {
        if !value.chars().all(allowed) {
            self.broken(value, at, &format!("satisfy regular expression pattern: {pattern}"));
        }
    }

    pub(crate) fn range(&mut self, at: &str, value: i64, least: i64, most: i64) {
        if value < least {
            self.broken(&value.to_string(), at, &format!("have value greater than or equal to {least}"));
        } else if value > most {
            self.broken(&value.to_string(), at, &format!("have value less than or equal to {most}"));
        }
    }

    pub(crate) fn count(&mut self, at: &str, count: usize, most: usize) {
        if count > most {
            self.broken(&count.to_string(), at, &format!("have length less than or equal to {most}"));
        }
    }

    /// `1 validation error detected: …` (aws-facts §1), or `None` when all is well.
    pub(crate) fn text(&self) -> Option<String> {
        let (count, plural) = (self.0.len(), if self.0.len() == 1 { "" } else { "s" });
        (count > 0).then(|| format!("{count} validation error{plural} detected: {}", self.0.join("; ")))
    }
}
