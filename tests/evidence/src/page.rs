//! docs/evidence.md, a row a claim.

use crate::claim::Claim;

const HEAD: &str = "\
# Evidence

Each claim, the command that shows it again, and what came of it last: written by `cargo evidence`, from `tests/evidence/claims.toml`.
`cargo evidence memory sandbox` runs only those with these words in their names. \"with changes\" is a tree that differed from the commit.

| Claim | Command | Last result |
|---|---|---|
";
/// Of a claim that was never run.
const NOT_RUN: &str = "not run yet";

/// The page, with what was shown now, a claim's name and its result; all other rows are as they are on the page before.
pub fn page(claims: &[Claim], before: &str, shown: Option<(&str, &str)>) -> String {
    let row = |claim: &Claim| {
        let start = format!("| {} | `{}` | ", claim.says, claim.command);
        let kept = before.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix(" |"));
        let now = shown.filter(|(name, _)| *name == claim.name).map(|(_, result)| result);
        let result = now.or(kept).unwrap_or(NOT_RUN);
        format!("{start}{result} |\n")
    };
    claims.iter().fold(HEAD.to_owned(), |page, claim| page + &row(claim))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(name: &str) -> Claim {
        Claim { name: name.into(), says: format!("{name}."), command: format!("run {name}"), figure: "tests".into() }
    }

    #[test]
    fn one_row_is_written_and_the_others_stay() {
        let claims = [claim("a"), claim("b")];
        let first = page(&claims, "", Some(("a", "pass")));
        assert!(first.ends_with("| a. | `run a` | pass |\n| b. | `run b` | not run yet |\n"));
        let second = page(&claims, &first, Some(("b", "**FAIL**")));
        assert!(second.starts_with(HEAD) && second.ends_with("| a. | `run a` | pass |\n| b. | `run b` | **FAIL** |\n"));
    }

    #[test]
    fn a_claim_in_other_words_was_not_shown() {
        let claims = [claim("a"), claim("b")];
        let first = page(&claims, "", Some(("a", "pass")));
        let changed = [Claim { says: "more".into(), ..claim("a") }, claim("b")];
        assert!(page(&changed, &first, None).contains("| more | `run a` | not run yet |"));
    }
}
