//! The coverage of one secret: the union of its grants' windows over a stretch of time.

use jiff::Timestamp;

use crate::grant::{Grant, Span};

/// Which of a secret's grants are open when, from one instant to another.
#[derive(Clone, Debug)]
pub struct Coverage<'a> {
    /// Sorted by opening.
    open: Vec<(Span, &'a Grant)>,
    later: Option<(Timestamp, &'a Grant)>,
}

impl<'a> Coverage<'a> {
    /// The coverage by `grants` (all of one secret) in `[from, until)`.
    pub fn between(grants: impl IntoIterator<Item = &'a Grant>, from: Timestamp, until: Timestamp) -> Self {
        let mut open = Vec::new();
        let mut later: Option<(Timestamp, &'a Grant)> = None;
        for grant in grants {
            let (spans, opens) = grant.window.spans(from, until);
            open.extend(spans.into_iter().map(|span| (span, grant)));
            later = later.into_iter().chain(opens.map(|opens| (opens, grant))).min_by_key(|(opens, _)| *opens);
        }
        open.sort_by_key(|(span, grant)| (*span, &grant.name));
        Self { open, later }
    }

    /// The grants that are open at `t`, by name.
    pub fn grants_at(&self, t: Timestamp) -> Vec<&'a Grant> {
        let mut grants: Vec<_> = self.begun_by(t).filter(|(span, _)| span.contains(t)).map(|(_, grant)| *grant).collect();
        grants.sort_by_key(|grant| &grant.name);
        grants
    }

    /// The end of the coverage that `t` lies in; `None` outside. Known up to the end of the stretch looked at: coverage
    /// that reaches it may end later than told.
    pub fn end_at(&self, t: Timestamp) -> Option<Timestamp> {
        let mut end = None;
        for (span, _) in self.open.iter().filter(|(span, _)| t < span.closes) {
            // Half-open windows: one that opens at the very instant at which another closes goes on without a gap.
            if span.opens > end.unwrap_or(t) {
                break;
            }
            end = end.max(Some(span.closes));
        }
        end
    }

    /// The grants that are open at `t`, each with the end of its own window; known as far as that of the coverage.
    pub fn closings_at(&self, t: Timestamp) -> impl Iterator<Item = (Timestamp, &'a Grant)> {
        self.begun_by(t).filter(move |(span, _)| span.contains(t)).map(|(span, grant)| (span.closes, *grant))
    }

    /// The first instant after `t` at which a grant opens or closes.
    pub fn next_change(&self, t: Timestamp) -> Option<Timestamp> {
        let edges = self.open.iter().flat_map(|(span, _)| [span.opens, span.closes]);
        edges.chain(self.later.map(|(opens, _)| opens)).filter(|edge| *edge > t).min()
    }

    /// The first grant to open after `t`, and when it does.
    pub fn next_opening(&self, t: Timestamp) -> Option<(Timestamp, &'a Grant)> {
        let openings = self.open.iter().map(|(span, grant)| (span.opens, *grant));
        openings.chain(self.later).filter(|(opens, _)| *opens > t).min_by_key(|(opens, _)| *opens)
    }

    /// Every maximal covered span, in order.
    pub fn stretches(&self) -> Vec<Span> {
        let mut stretches: Vec<Span> = Vec::new();
        for (span, _) in &self.open {
            match stretches.last_mut() {
                Some(last) if span.opens <= last.closes => last.closes = last.closes.max(span.closes),
                _ => stretches.push(*span),
            }
        }
        stretches
    }

    fn begun_by(&self, t: Timestamp) -> impl Iterator<Item = &(Span, &'a Grant)> {
        self.open.iter().take_while(move |(span, _)| span.opens <= t)
    }
}
