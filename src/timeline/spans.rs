//! Sets of spans.

use crate::grant::Span;

/// Joined where they overlap or adjoin, in order.
pub fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans.into_iter().filter(|span| span.opens < span.closes) {
        match joined.last_mut() {
            Some(last) if span.opens <= last.closes => last.closes = last.closes.max(span.closes),
            _ => joined.push(span),
        }
    }
    joined
}

/// What of the first is in none of the second. Both have to be joined.
pub fn without(spans: &[Span], holes: &[Span]) -> Vec<Span> {
    let mut rest = Vec::new();
    for span in spans {
        let mut opens = span.opens;
        for hole in holes.iter().filter(|hole| hole.closes > span.opens && hole.opens < span.closes) {
            rest.push(Span { opens, closes: hole.opens });
            opens = opens.max(hole.closes);
        }
        rest.push(Span { opens, closes: span.closes });
    }
    rest.retain(|span| span.opens < span.closes);
    rest
}

/// What both have in common.
pub fn within(spans: &[Span], bounds: &Span) -> Vec<Span> {
    spans.iter().filter_map(|span| span.intersect(bounds)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn spans(pairs: &[(i64, i64)]) -> Vec<Span> {
        let t = |s| Timestamp::from_second(s).unwrap();
        pairs.iter().map(|(a, b)| Span { opens: t(*a), closes: t(*b) }).collect()
    }

    #[test]
    fn sets_are_joined_and_taken_from_each_other() {
        assert_eq!(union(spans(&[(5, 7), (1, 3), (3, 4), (2, 2), (6, 9), (6, 7)])), spans(&[(1, 4), (5, 9)]));
        let holes = spans(&[(0, 1), (2, 3), (5, 6), (9, 12)]);
        assert_eq!(without(&spans(&[(1, 7), (8, 10)]), &holes), spans(&[(1, 2), (3, 5), (6, 7), (8, 9)]));
        assert_eq!(without(&spans(&[(1, 7)]), &spans(&[(0, 9)])), []);
        assert_eq!(within(&spans(&[(1, 3), (5, 9)]), &spans(&[(2, 6)])[0]), spans(&[(2, 3), (5, 6)]));
    }
}
