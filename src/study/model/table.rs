//! A prediction as text.

use super::link::Link;
use super::predict::{Point, Prediction};
use crate::simulation::counted;
use std::fmt::Write;

/// A prediction as a table for people, with what it rests on.
pub fn text(prediction: &Prediction) -> String {
    let Prediction {
        case,
        precision,
        cells: [nx, ny, nz],
        machine,
        n_ranks,
        n_hosts,
        ..
    } = prediction;
    let mut text = format!("{case}, {nx} x {ny} x {nz} cells, {precision}, on {}\n", machine.name);
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes all");
    line(format!(
        "work of a rank: measured here on {} at once, {}, with nobody to talk to{}",
        counted(*n_ranks, "rank"),
        counted(*n_hosts, "host"),
        if prediction.is_described {
            ", then scaled by bandwidth and clock"
        } else {
            ""
        }
    ));
    if let (true, Some(network)) = (prediction.is_described, &machine.network) {
        line(format!(
            "between nodes, as described: latency {:.2} us, {:.2} GB/s of a node each way, {} ranks a node",
            1e6 * network.latency,
            1e-9 * network.bandwidth,
            machine.cores
        ));
    }
    for (where_, link) in [("on a host", &prediction.near), ("between hosts", &prediction.far)] {
        if let Some(link) = link {
            line(format!("{where_}: {}", link_text(link)));
        }
    }
    line(format!(
        "\n{:>7} {:>16} {:<12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>9} {:>10} {:>10} {:>7} {:>10}",
        "ranks",
        "tile",
        "executor",
        "core",
        "shell",
        "copies",
        "uneven",
        "messages",
        "bytes",
        "transfer",
        "predicted",
        "measured",
        "error",
        "Mcells/s"
    ));
    line(format!(
        "{:>7} {:>16} {:<12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>9} {:>10} {:>10} {:>7} {:>10}",
        "", "", "", "ms", "ms", "ms", "ms", "a step", "a step", "ms", "ms", "ms", "", ""
    ));
    for point in &prediction.points {
        line(row(point));
    }
    for ranks in ranks_of(prediction) {
        let of_ranks = prediction.points.iter().filter(|point| point.ranks == ranks);
        if let Some(best) = of_ranks.min_by(|a, b| a.predicted.total_cmp(&b.predicted)) {
            line(format!(
                "{}: {} is to be the fastest, {:.1} million updates/s",
                counted(ranks, "rank"),
                best.executor,
                1e-6 * best.updates_per_second
            ));
        }
    }
    let errors: Vec<f64> = prediction
        .points
        .iter()
        .filter_map(Point::error)
        .map(f64::abs)
        .collect();
    match errors.iter().copied().reduce(f64::max) {
        Some(largest) => line(format!("largest error {:.1} % of what was measured", 100.0 * largest)),
        None => line("nothing of this was measured: these ranks are not here".into()),
    }
    text
}

fn ranks_of(prediction: &Prediction) -> Vec<usize> {
    let mut ranks: Vec<usize> = prediction.points.iter().map(|point| point.ranks).collect();
    ranks.dedup();
    ranks
}

fn link_text(link: &Link) -> String {
    let Some(longest) = link.points().last() else {
        return "halos through shared memory, without a message".into();
    };
    format!(
        "a message of {:.0} KiB each way takes {:.3} ms, {:.3} helped along by ranks that compute, {:.3} among others, a short one \
         {:.1} us; {:.2} ns of processor time a byte; {:.0} % moves unaided",
        longest.bytes / 1024.0,
        1e3 * longest.seconds,
        1e3 * longest.aided,
        1e3 * longest.interval,
        1e6 * link.at(8.0).seconds,
        1e9 * longest.processor / longest.bytes,
        100.0 * longest.unaided
    )
}

fn row(point: &Point) -> String {
    let ms = |seconds: f64| format!("{:.3}", 1e3 * seconds);
    let [nx, ny, nz] = point.tile;
    format!(
        "{:>7} {:>16} {:<12} {:>9} {:>9} {:>9} {:>9} {:>9.2} {:>10.0} {:>9} {:>10} {:>10} {:>7} {:>10.1}",
        point.ranks,
        format!("{nx}x{ny}x{nz}"),
        point.executor,
        ms(point.work.core),
        ms(point.work.shell),
        ms(point.work.copies),
        ms(point.work.uneven),
        point.messages,
        point.bytes,
        ms(point.transfer.seconds),
        ms(point.predicted),
        point
            .measured
            .as_ref()
            .map_or("-".into(), |measured| ms(measured.median())),
        point
            .error()
            .map_or("-".into(), |error| format!("{:+.1} %", 100.0 * error)),
        1e-6 * point.updates_per_second
    )
}
