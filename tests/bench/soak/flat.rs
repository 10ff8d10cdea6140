//! Whether a curve is flat: by the median of all slopes between two of its points (Theil and Sen), which a few odd points, such
//! as a moment at which the machine was busy, do not move.

use crate::Told;

/// What a curve does, over a stretch.
#[derive(Clone, Copy, Debug)]
pub struct Trend {
    /// The median of its values.
    pub median: f64,
    /// By how much it rises from the beginning to the end, by its slope.
    pub rise: f64,
}

/// The trend of at least two points, each at a time of its own; times are sorted.
pub fn trend(points: &[(f64, f64)]) -> Told<Trend> {
    let pairs = points.iter().enumerate().flat_map(|(i, a)| points[..i].iter().map(move |b| (a.1 - b.1) / (a.0 - b.0)));
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Err("no points".into()) };
    let slope = median(pairs.collect()).ok_or("a single point")?;
    let median = median(points.iter().map(|(_, value)| *value).collect()).ok_or("no points")?;
    Ok(Trend { median, rise: slope * (last.0 - first.0) })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
