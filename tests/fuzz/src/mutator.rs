//! Changes text in whole words, numbers and lines, so that most of what comes out is still nearly right; and in bytes, as libFuzzer
//! does by itself, for the rest.

use std::ops::Range;

use fastrand::Rng;
use libfuzzer_sys::fuzzer_mutate;

/// Changes the first `size` bytes of `data` into at most `max_size`, and tells how many.
pub fn mutate(words: &[&str], data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut rng = Rng::with_seed(seed.into());
    let text = std::str::from_utf8(&data[..size]).ok().filter(|_| rng.u8(..4) > 0);
    let edited = text.map(|text| (0..=rng.u8(..3)).fold(text.to_owned(), |text, _| edit(words, &text, &mut rng)));
    match edited.filter(|edited| !edited.is_empty() && edited.len() <= max_size) {
        Some(edited) => {
            data[..edited.len()].copy_from_slice(edited.as_bytes());
            edited.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
}

fn edit(words: &[&str], text: &str, rng: &mut Rng) -> String {
    let tokens = runs(text, |c| c.is_alphanumeric() || "_-+:./".contains(c));
    let numbers = runs(text, |c| c.is_ascii_digit());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let line = |rng: &mut Rng| rng.usize(..lines.len().max(1));
    let word = words[rng.usize(..words.len())];
    match rng.u8(..7) {
        0 if !tokens.is_empty() => replaced(text, &tokens[rng.usize(..tokens.len())], word),
        1 if !tokens.is_empty() => {
            let (from, to) = (&tokens[rng.usize(..tokens.len())], &tokens[rng.usize(..tokens.len())]);
            replaced(text, to, &text[from.clone()])
        }
        2 if !tokens.is_empty() => {
            let at = tokens[rng.usize(..tokens.len())].start;
            replaced(text, &(at..at), word)
        }
        3 if !numbers.is_empty() => {
            let number = &numbers[rng.usize(..numbers.len())];
            replaced(text, number, &nudged(&text[number.clone()], rng))
        }
        4 if lines.len() > 1 => {
            let gone = line(rng);
            lines.iter().enumerate().filter(|(i, _)| *i != gone).map(|(_, line)| *line).collect()
        }
        5 if lines.len() > 1 => {
            let (from, to) = (line(rng), line(rng));
            [&lines[..to], &lines[from..=from], &lines[to..]].concat().concat()
        }
        _ => format!("{text}{}{word}", if text.is_empty() || text.ends_with('\n') { "" } else { "\n" }),
    }
}

/// One more or less, or a number at an edge, as wide as it was.
fn nudged(number: &str, rng: &mut Rng) -> String {
    const EDGES: [u64; 14] = [0, 1, 7, 15, 24, 29, 31, 59, 60, 89, 90, 900, 3600, 43_200];
    let value: u64 = number.parse().unwrap_or(0);
    let value = match rng.u8(..4) {
        0 => value.saturating_add(1),
        1 => value.saturating_sub(1),
        2 => EDGES[rng.usize(..EDGES.len())],
        _ => rng.u64(..10_u64.saturating_pow(number.len().min(18) as u32)),
    };
    format!("{value:0width$}", width = number.len())
}

fn replaced(text: &str, range: &Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

/// Where the longest runs of such characters are.
fn runs(text: &str, is_in: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| is_in(*c)) {
        let end = at + c.len_utf8();
        match runs.last_mut().filter(|run| run.end == at) {
            Some(run) => run.end = end,
            None => runs.push(at..end),
        }
    }
    runs
}
