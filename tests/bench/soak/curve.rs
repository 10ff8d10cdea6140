//! Curves over time, drawn one beneath the other: an SVG that reads the same on white and on black.

use std::fmt::Write;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 90.0;
const GAP: f64 = 34.0;
const LEFT: f64 = 60.0;

/// One curve: from 0, so that it is seen how little moves.
pub struct Curve<'a> {
    /// What it shows, with its unit.
    pub title: &'a str,
    /// Hours, and values.
    pub points: &'a [(f64, f64)],
}

/// Draws them over so many hours.
pub fn draw(curves: &[Curve], hours: i32) -> String {
    let (width, height) = (LEFT + WIDTH + 20.0, (HEIGHT + GAP) * curves.len() as f64 + 30.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <style>text {{ fill: #808080 }} .frame {{ fill: none; stroke: #808080; stroke-opacity: .4 }} \
         .curve {{ fill: none; stroke: #2a78d6; stroke-width: 1.5 }}</style>\n"
    );
    for (row, curve) in curves.iter().enumerate() {
        let top = GAP + (HEIGHT + GAP) * row as f64;
        panel(&mut svg, curve, top, f64::from(hours));
    }
    for hour in (0..=hours).step_by(6) {
        let x = LEFT + WIDTH * f64::from(hour) / f64::from(hours);
        line(&mut svg, &format!("<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{hour}:00</text>", height - 8.0));
    }
    svg + "</svg>\n"
}

fn panel(svg: &mut String, curve: &Curve, top: f64, hours: f64) {
    let most = curve.points.iter().map(|(_, value)| *value).fold(0.0, f64::max) * 1.15;
    let most = if most > 0.0 { most } else { 1.0 };
    let at =
        |(hour, value): &(f64, f64)| format!("{:.1},{:.1}", LEFT + WIDTH * hour / hours, top + HEIGHT * (1.0 - value / most));
    line(svg, &format!("<text x=\"{LEFT}\" y=\"{}\">{}</text>", top - 6.0, curve.title));
    line(svg, &format!("<rect class=\"frame\" x=\"{LEFT}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>"));
    for (value, y) in [(most, top + 10.0), (0.0, top + HEIGHT)] {
        let digits = if most < 10.0 && value > 0.0 { 2 } else { 0 };
        line(svg, &format!("<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{value:.digits$}</text>", LEFT - 6.0));
    }
    let points: Vec<String> = curve.points.iter().map(at).collect();
    line(svg, &format!("<polyline class=\"curve\" points=\"{}\"/>", points.join(" ")));
}

fn line(svg: &mut String, text: &str) {
    writeln!(svg, "{text}").expect("a string takes all that is written");
}
