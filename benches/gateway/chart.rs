//! How are figures drawn?
//!
//! Pure: takes figures, gives SVG that needs nothing else and can be read on a light page and on a dark one. Two kinds: bars
//! that lie, in groups, for what is compared; lines over a logarithmic axis, for what grows.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 90.0;
const TOP: f64 = 62.0;
const THICK: f64 = 15.0;
const PLOT: f64 = 260.0;

const STYLE: &str = "text{font:13px system-ui,'DejaVu Sans',sans-serif;fill:#1f2933}.title{font-size:16px;font-weight:600}\
.note{font-size:12px;fill:#5c6b7a}.grid{stroke:#d5dce3;stroke-width:1}.s0{fill:#1f6fb2;stroke:#1f6fb2}.s1{fill:#d9822b;stroke:#d9822b}\
.s2{fill:#5f9e54;stroke:#5f9e54}.line{fill:none;stroke-width:2.5}.page{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#e4e9ee}.note{fill:#a3b0bd}.grid{stroke:#3a4652}.page{fill:#14191f}\
.s0{fill:#5aa9e6;stroke:#5aa9e6}.s1{fill:#f0a35e;stroke:#f0a35e}.s2{fill:#8fce84;stroke:#8fce84}.line{fill:none}}";

/// Is one group of bars: what it stands for, and the values of the series.
pub struct Group {
    pub label: String,
    pub values: Vec<f64>,
}

/// Is a line through points.
pub struct Line {
    pub label: String,
    pub points: Vec<(f64, f64)>,
}

/// Draws groups of bars; `unit` stands below the title.
pub fn bars(title: &str, unit: &str, series: &[&str], groups: &[Group]) -> String {
    let pitch = THICK * series.len() as f64 + 12.0;
    let bottom = TOP + pitch * groups.len() as f64;
    let most = largest(groups.iter().flat_map(|group| group.values.iter().copied()));
    let step = round_step(most / 4.0);
    let scale = (WIDTH - LEFT - RIGHT) / most.max(step);
    let mut svg = begin(title, unit, bottom + 30.0);
    legend(&mut svg, series);
    for mark in marks(step, most) {
        let x = LEFT + mark * scale;
        text(&mut svg, (x, bottom + 18.0), "middle", "note", &short(mark));
        put(
            &mut svg,
            format_args!(
                r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{:.1}" y2="{bottom:.1}"/>"#,
                TOP - 4.0
            ),
        );
    }
    for (number, group) in groups.iter().enumerate() {
        let y = TOP + pitch * number as f64 + 4.0;
        let middle = y + THICK * series.len() as f64 / 2.0 + 4.0;
        text(&mut svg, (LEFT - 10.0, middle), "end", "", &group.label);
        for (place, value) in group.values.iter().enumerate() {
            let (y, width) = (y + THICK * place as f64, (value * scale).max(1.0));
            let high = THICK - 2.0;
            put(
                &mut svg,
                format_args!(
                    r#"<rect class="s{place}" x="{LEFT}" y="{y:.1}" width="{width:.1}" height="{high}"/>"#
                ),
            );
            text(
                &mut svg,
                (LEFT + width + 6.0, y + THICK - 4.0),
                "start",
                "note",
                &short(*value),
            );
        }
    }
    svg + "</svg>\n"
}

/// Draws lines over a logarithmic axis; values are shares of the first, in percent.
pub fn lines(title: &str, unit: &str, lines: &[Line]) -> String {
    let (left, bottom) = (60.0, TOP + PLOT);
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let exponent = |number: f64| number.max(1.0).log10();
    let last = largest(points().map(|point| exponent(point.0))).ceil().max(1.0);
    let most = largest(points().map(|point| point.1)).max(100.0) * 1.05;
    let place = |(x, y): (f64, f64)| {
        (
            left + exponent(x) / last * (WIDTH - left - 30.0),
            bottom - y / most * PLOT,
        )
    };
    let mut svg = begin(title, unit, bottom + 34.0);
    let labels: Vec<&str> = lines.iter().map(|line| line.label.as_str()).collect();
    legend(&mut svg, &labels);
    for mark in marks(25.0, most) {
        let (_, y) = place((1.0, mark));
        put(
            &mut svg,
            format_args!(
                r#"<line class="grid" x1="{left}" x2="{:.1}" y1="{y:.1}" y2="{y:.1}"/>"#,
                WIDTH - 30.0
            ),
        );
        text(
            &mut svg,
            (left - 8.0, y + 4.0),
            "end",
            "note",
            &format!("{mark} %"),
        );
    }
    for power in 0..=(last as i32) {
        let number = 10_f64.powi(power);
        let label = if power == 0 {
            "≤ 1".to_owned()
        } else {
            short(number)
        };
        text(
            &mut svg,
            (place((number, 0.0)).0, bottom + 20.0),
            "middle",
            "note",
            &label,
        );
    }
    for (number, line) in lines.iter().enumerate() {
        let path: Vec<String> = line
            .points
            .iter()
            .map(|point| {
                let (x, y) = place(*point);
                put(
                    &mut svg,
                    format_args!(r#"<circle class="s{number}" cx="{x:.1}" cy="{y:.1}" r="3.5"/>"#),
                );
                format!("{x:.1},{y:.1}")
            })
            .collect();
        put(
            &mut svg,
            format_args!(
                r#"<polyline class="s{number} line" points="{}"/>"#,
                path.join(" ")
            ),
        );
    }
    svg + "</svg>\n"
}

fn put(svg: &mut String, what: std::fmt::Arguments<'_>) {
    svg.write_fmt(what).unwrap();
    svg.push('\n');
}

fn begin(title: &str, unit: &str, height: f64) -> String {
    let mut svg = String::new();
    put(
        &mut svg,
        format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-label="{title}"><style>{STYLE}</style><rect class="page" width="100%" height="100%"/>"#
        ),
    );
    text(&mut svg, (14.0, 24.0), "start", "title", title);
    text(&mut svg, (14.0, 44.0), "start", "note", unit);
    svg
}

/// Says at the upper right which colour is what; a single series needs no saying.
fn legend(svg: &mut String, series: &[&str]) {
    if series.len() < 2 {
        return;
    }
    let mut x = WIDTH - 14.0;
    for (number, name) in series.iter().enumerate().rev() {
        text(svg, (x, 44.0), "end", "note", name);
        x -= name.chars().count() as f64 * 6.6 + 18.0;
        put(
            svg,
            format_args!(r#"<rect class="s{number}" x="{x:.1}" y="34" width="11" height="11"/>"#),
        );
        x -= 14.0;
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, class: &str, what: &str) {
    put(
        svg,
        format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{what}</text>"#),
    );
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

fn marks(step: f64, most: f64) -> impl Iterator<Item = f64> {
    (0..20)
        .map(move |number| f64::from(number) * step)
        .take_while(move |mark| *mark <= most)
}

/// Rounds a step to 1, 2 or 5 of its power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.max(1e-6).log10().floor());
    let leading = step / power;
    power
        * if leading < 1.5 {
            1.0
        } else if leading < 3.5 {
            2.0
        } else if leading < 7.5 {
            5.0
        } else {
            10.0
        }
}

/// Writes a number with as many places as it needs, in thousands or millions where it is large.
fn short(value: f64) -> String {
    let (value, unit) = match value {
        large if large >= 1e6 => (large / 1e6, " M"),
        large if large >= 1e4 => (large / 1e3, " k"),
        small => (small, ""),
    };
    let places = if value >= 100.0 || value.fract() == 0.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.places$}{unit}")
}
