//! Executors by their names on the command line.

use crate::engine::Executor;

/// The executors called `names`, blocks in each of `depths`; where none is named, those that are there by `default`.
pub fn executors(names: &[String], depths: &[u16], default: impl Fn(Executor) -> bool) -> Vec<Executor> {
    let in_blocks = depths.iter().map(|&n| Executor::Temporal(n.into()));
    let is_wanted = |executor: &Executor| match (names.is_empty(), executor) {
        (true, &executor) => default(executor),
        (false, Executor::Temporal(_)) => names.iter().any(|name| name == "temporal"),
        (false, _) => names.iter().any(|name| *name == executor.name()),
    };
    Executor::STEPWISE
        .into_iter()
        .chain(in_blocks)
        .filter(is_wanted)
        .collect()
}
