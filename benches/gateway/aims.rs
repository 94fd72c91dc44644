//! Which of the aims are reached?
//!
//! Pure: takes the figures, gives for each aim what was measured. An aim of which a figure is missing is open. Ratios between
//! the gateway and HAProxy go by the bare handler that was measured in the same rounds as each.

use crate::results::Results;

/// Is one aim with what was measured.
pub struct Aim {
    /// What is wanted.
    pub wanted: &'static str,
    /// What was measured, in words; nothing while a figure is missing.
    pub measured: Option<(String, bool)>,
}

/// Lists the aims.
pub fn all(results: &Results) -> Vec<Aim> {
    let mut aims = of_hits(results);
    aims.extend(of_the_rest(results));
    aims
}

fn aim(wanted: &'static str, measured: Option<(String, bool)>) -> Aim {
    Aim { wanted, measured }
}

fn at_least(value: Option<f64>, wanted: f64) -> Option<(String, bool)> {
    value.map(|value| (format!("{value:.2}"), value >= wanted))
}

fn at_most(value: Option<f64>, wanted: f64, unit: &str) -> Option<(String, bool)> {
    value.map(|value| {
        let places = if value >= 100.0 { 0 } else { 2 };
        (format!("{value:.places$}{unit}"), value <= wanted)
    })
}

fn of_hits(results: &Results) -> Vec<Aim> {
    let hit = |name: &str| results.get("hit", name);
    let proxy = |name: &str| results.get("haproxy", name);
    let ratio = |one: Option<f64>, other: Option<f64>| Some(one? / other?);
    let flushes =
        || Some((hit("durable.at_4000.p50_ms")? - hit("off_road.at_4000.p50_ms")?) / hit("flush_ms")?);
    let tail = || {
        let allowed = 3.0 * hit("durable.half.p50_ms")? + hit("flush_ms")?;
        let p99 = hit("durable.half.p99_ms")?;
        Some((format!("{p99:.2} ms of {allowed:.2} ms"), p99 <= allowed))
    };
    vec![
        aim(
            "hit, durable row, of bare actix: ≥ 0.40",
            at_least(hit("durable.ratio"), 0.4),
        ),
        aim(
            "the same, of HAProxy checking each token: ≥ 3",
            at_least(ratio(hit("durable.ratio"), proxy("checked.ratio")), 3.0),
        ),
        aim(
            "the same, of HAProxy remembering tokens: ≥ 0.7",
            at_least(ratio(hit("durable.ratio"), proxy("remembered.ratio")), 0.7),
        ),
        aim(
            "hit, audit off the road, of HAProxy remembering tokens: ≥ 1.2",
            at_least(ratio(hit("off_road.ratio"), proxy("remembered.ratio")), 1.2),
        ),
        aim(
            "hit, durable row, CPU a request: ≤ 20 µs",
            at_most(hit("durable.saturation.cpu_us"), 20.0, " µs"),
        ),
        aim(
            "hit, audit off the road, CPU beside bare actix: ≤ 1.55",
            at_most(
                ratio(hit("off_road.saturation.cpu_us"), hit("bare.saturation.cpu_us")),
                1.55,
                "",
            ),
        ),
        aim(
            "the same, p99 at 4 000/s beside bare actix: ≤ 1.5",
            at_most(
                ratio(hit("off_road.at_4000.p99_ms"), hit("bare.at_4000.p99_ms")),
                1.5,
                "",
            ),
        ),
        aim(
            "the durable row adds to p50, in fdatasyncs of the same disk: ≤ 2.5",
            at_most(flushes(), 2.5, ""),
        ),
        aim(
            "hit, durable row, p99 at half load: ≤ 3 × p50 + one fdatasync",
            tail(),
        ),
    ]
}

fn of_the_rest(results: &Results) -> Vec<Aim> {
    let difference =
        |part: &str, one: &str, other: &str| Some(results.get(part, one)? - results.get(part, other)?);
    let ratio =
        |part: &str, one: &str, other: &str| Some(results.get(part, one)? / results.get(part, other)?);
    let lost = |part: &str, before: &str, up_to: f64| {
        let series = results.series(part, before, ".per_second");
        let (first, last) = (series.first()?, series.last()?);
        (last.0 >= up_to).then(|| 100.0 * (1.0 - last.1 / first.1))
    };
    let flooded = || {
        let ratio = ratio("flood", "flooded.p99_ms", "quiet.p99_ms")?;
        let answered = results.get("flood", "forged.per_second")?;
        Some((
            format!("{ratio:.2}, {answered:.0}/s of the flood answered"),
            ratio <= 2.0,
        ))
    };
    vec![
        aim(
            "unknown token, CPU over actix and the signature check: ≤ 10 µs",
            at_most(
                difference(
                    "unknown-token",
                    "off_road.saturation.cpu_us",
                    "bare_signed.saturation.cpu_us",
                ),
                10.0,
                " µs",
            ),
        ),
        aim(
            "flood of 5 000 forged tokens/s, good callers' p99 beside the quiet run: ≤ 2",
            flooded(),
        ),
        aim(
            "miss at 2 000/s with a registry of 20 ms, p99: ≤ 25 ms",
            at_most(results.get("miss", "miss.p99_ms"), 25.0, " ms"),
        ),
        aim(
            "the same, CPU beside a hit at the same rate: ≤ 2.5",
            at_most(ratio("miss", "miss.cpu_us", "hit.cpu_us"), 2.5, ""),
        ),
        aim(
            "memory of a person in the cache: ≤ 900 bytes",
            at_most(results.get("memory", "bytes_each_at_1000000"), 900.0, " bytes"),
        ),
        aim(
            "memory when idle: ≤ 60 MB",
            at_most(results.get("memory", "idle_mb"), 60.0, " MB"),
        ),
        aim(
            "throughput lost to 10 000 clients: ≤ 20 %",
            at_most(lost("growth", "clients_", 1e4), 20.0, " %"),
        ),
        aim(
            "throughput lost to 1 million cached people: ≤ 20 %",
            at_most(lost("memory", "people_", 1e6), 20.0, " %"),
        ),
        aim(
            "throughput lost to 10 million audit rows: ≤ 20 %",
            at_most(lost("growth", "rows_", 1e7), 20.0, " %"),
        ),
    ]
}

/// Gives the aims as a table of Markdown.
pub fn table(results: &Results) -> String {
    let mut table = String::new();
    if results.parts.values().any(|part| part.quick) {
        table +=
            "**Some of this is of a short run, made to see that it works: its figures mean nothing.**\n\n";
    }
    table += "| aim | measured | |\n|---|---|---|\n";
    for aim in all(results) {
        let (measured, verdict) = match &aim.measured {
            Some((measured, true)) => (measured.as_str(), "reached"),
            Some((measured, false)) => (measured.as_str(), "**not reached**"),
            None => ("not measured", "open"),
        };
        table += &format!("| {} | {measured} | {verdict} |\n", aim.wanted);
    }
    table
}
