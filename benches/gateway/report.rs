//! How do the figures come into the documentation?
//!
//! Writes what was measured last into `docs/performance.md`, between marks that stand there, and draws the charts beside it.
//! Words are the page's; only what stands between two marks is written anew.

use std::path::{Path, PathBuf};

use crate::aims;
use crate::chart::{self, Group, Line};
use crate::results::Results;

const END: &str = "<!-- end -->";

/// Names a row of a table: what is shown, the part, and the name before each figure.
type Row = (&'static str, &'static str, &'static str);

const COMPARED: [Row; 6] = [
    ("bare actix", "hit", "bare"),
    ("gateway, durable row", "hit", "durable"),
    ("gateway, store in memory", "hit", "memory"),
    ("gateway, audit off the road", "hit", "off_road"),
    ("HAProxy, each token checked", "haproxy", "checked"),
    ("HAProxy, tokens remembered", "haproxy", "remembered"),
];

const OTHERS: [Row; 8] = [
    (
        "actix and the signature check",
        "unknown-token",
        "bare_signed.saturation",
    ),
    (
        "unknown token, audit off the road",
        "unknown-token",
        "off_road.saturation",
    ),
    (
        "unknown token, durable row",
        "unknown-token",
        "durable.saturation",
    ),
    ("registry alone, 2 000/s", "miss", "registry"),
    ("miss, 2 000/s", "miss", "miss"),
    ("hit, 2 000/s", "miss", "hit"),
    ("good callers, 4 000/s, quiet", "flood", "quiet"),
    ("the same, flooded", "flood", "flooded"),
];

/// Writes page and charts.
pub fn write(results: &Results) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = docs.join("performance.md");
    let mut text = std::fs::read_to_string(&page).unwrap();
    for (name, figures) in [
        ("machine", machine(results)),
        ("aims", aims::table(results)),
        ("compared", compared(results)),
        ("half", at_half(results)),
        ("others", others(results)),
        ("growth", growth(results)),
    ] {
        text = between_marks(&text, name, &figures);
    }
    std::fs::write(&page, text).unwrap();
    println!("written: {}", page.display());
    draw(results, &docs.join("performance"));
}

fn between_marks(text: &str, name: &str, figures: &str) -> String {
    let from = format!("<!-- figures: {name} -->\n");
    let (before, rest) = text.split_once(&from).expect("the page has the mark");
    let (_, after) = rest.split_once(END).expect("the mark has an end");
    format!("{before}{from}{figures}{END}{after}")
}

fn machine(results: &Results) -> String {
    let mut days: Vec<_> = results
        .parts
        .values()
        .map(|part| part.measured_on.as_str())
        .collect();
    days.sort_unstable();
    days.dedup();
    let flush = results.get("hit", "flush_ms").unwrap_or_default();
    format!(
        "{}; one `fdatasync` of a page takes {flush:.2} ms; measured on {}.\n",
        results.machine,
        days.join(", ")
    )
}

fn figure(results: &Results, part: &str, name: &str, places: usize) -> String {
    let value = results.get(part, name);
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.places$}"))
}

fn compared(results: &Results) -> String {
    let mut table = "| at saturation | requests/s | of bare | p50 ms | p99 ms | p99.9 ms | CPU µs a request |\n|---|---|---|---|---|---|---|\n".to_owned();
    for (label, part, name) in COMPARED {
        let at = |figure_name: &str, places| {
            figure(results, part, &format!("{name}.saturation.{figure_name}"), places)
        };
        let ratio = if name == "bare" {
            "1.00".to_owned()
        } else {
            figure(results, part, &format!("{name}.ratio"), 2)
        };
        table += &format!(
            "| {label} | {} | {ratio} | {} | {} | {} | {} |\n",
            at("per_second", 0),
            at("p50_ms", 2),
            at("p99_ms", 2),
            at("p999_ms", 2),
            at("cpu_us", 1)
        );
    }
    table
}

fn at_half(results: &Results) -> String {
    let mut table = "| at half of that | requests/s | p50 ms | p99 ms | p99.9 ms | CPU µs | at 4 000/s: p50 ms | p99 ms | CPU µs |\n|---|---|---|---|---|---|---|---|---|\n".to_owned();
    let computing = ("bare actix, computing as long as the last", "hit", "computing");
    let (gateways, proxies) = COMPARED.split_at(4);
    for (label, part, name) in gateways.iter().chain([&computing]).chain(proxies).copied() {
        let at = |load: &str, figure_name: &str, places| {
            figure(results, part, &format!("{name}.{load}.{figure_name}"), places)
        };
        table += &format!(
            "| {label} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            at("half", "per_second", 0),
            at("half", "p50_ms", 2),
            at("half", "p99_ms", 2),
            at("half", "p999_ms", 2),
            at("half", "cpu_us", 1),
            at("at_4000", "p50_ms", 2),
            at("at_4000", "p99_ms", 2),
            at("at_4000", "cpu_us", 1)
        );
    }
    table
}

fn others(results: &Results) -> String {
    let mut table =
        "| | requests/s | p50 ms | p99 ms | p99.9 ms | CPU µs a request |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (label, part, name) in OTHERS {
        let at = |figure_name: &str, places| figure(results, part, &format!("{name}.{figure_name}"), places);
        table += &format!(
            "| {label} | {} | {} | {} | {} | {} |\n",
            at("per_second", 0),
            at("p50_ms", 2),
            at("p99_ms", 2),
            at("p999_ms", 2),
            at("cpu_us", 1)
        );
    }
    table
}

fn growth(results: &Results) -> String {
    let mut table =
        "| | requests/s | of the smallest | memory MB | bytes each |\n|---|---|---|---|---|\n".to_owned();
    table += &format!(
        "| just started | – | – | {} | – |\n",
        figure(results, "memory", "idle_mb", 1)
    );
    for (what, part, before) in SERIES {
        let series = results.series(part, before, ".per_second");
        for (number, per_second) in &series {
            let share = per_second / series[0].1;
            let (memory, each) = if part == "memory" {
                (
                    figure(results, part, &format!("at_{number}_mb"), 0),
                    figure(results, part, &format!("bytes_each_at_{number}"), 0),
                )
            } else {
                ("–".to_owned(), "–".to_owned())
            };
            table += &format!("| {number} {what} | {per_second:.0} | {share:.2} | {memory} | {each} |\n");
        }
    }
    table
}

/// Lists what grows: what it is, the part, and the name before the number.
const SERIES: [Row; 3] = [
    ("clients", "growth", "clients_"),
    ("cached people", "memory", "people_"),
    ("audit rows", "growth", "rows_"),
];

fn draw(results: &Results, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let groups = |rows: &[Row], figures: &[&str]| -> Vec<Group> {
        let group = |(label, part, name): &Row| {
            let values: Option<_> = figures
                .iter()
                .map(|figure| results.get(part, &format!("{name}{figure}")))
                .collect();
            values.map(|values| Group {
                label: (*label).to_owned(),
                values,
            })
        };
        rows.iter().filter_map(group).collect()
    };
    let throughput = groups(&COMPARED, &[".saturation.per_second"]);
    let at_half = groups(&COMPARED, &[".half.p50_ms", ".half.p99_ms", ".half.p999_ms"]);
    let mut cpu = groups(&COMPARED, &[".saturation.cpu_us"]);
    cpu.extend(groups(&OTHERS[..3], &[".cpu_us"]));
    cpu.extend(groups(&OTHERS[4..6], &[".cpu_us"]));
    let memory: Vec<Group> = [(0.0, results.get("memory", "idle_mb").unwrap_or_default())]
        .into_iter()
        .chain(results.series("memory", "at_", "_mb"))
        .map(|(people, megabytes)| Group {
            label: format!("{people} people"),
            values: vec![megabytes],
        })
        .collect();
    let growth: Vec<Line> = SERIES
        .into_iter()
        .map(|(what, part, before)| {
            let series = results.series(part, before, ".per_second");
            let first = series.first().map_or(1.0, |first| first.1);
            Line {
                label: what.to_owned(),
                points: series
                    .into_iter()
                    .map(|(number, value)| (number, 100.0 * value / first))
                    .collect(),
            }
        })
        .collect();
    let percentiles = ["p50", "p99", "p99.9"];
    for (name, svg) in [
        (
            "throughput",
            chart::bars(
                "Requests a second on one core",
                "from the cache, 64 connections, closed loop",
                &["requests"],
                &throughput,
            ),
        ),
        (
            "latency",
            chart::bars(
                "Time to the answer at half load",
                "milliseconds, open model",
                &percentiles,
                &at_half,
            ),
        ),
        (
            "cpu",
            chart::bars(
                "CPU time of a request",
                "microseconds of the server, kernel included",
                &["CPU"],
                &cpu,
            ),
        ),
        (
            "memory",
            chart::bars(
                "Memory of the gateway",
                "megabytes (RSS) with so many people in the cache",
                &["memory"],
                &memory,
            ),
        ),
        (
            "growth",
            chart::lines("Throughput as things grow", "percent of the smallest", &growth),
        ),
    ] {
        let path: PathBuf = folder.join(format!("{name}.svg"));
        std::fs::write(&path, svg).unwrap();
        println!("drawn: {}", path.display());
    }
}
