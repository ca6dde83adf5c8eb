//! How many steps lie between those that something else than computing follows: blocks of steps end there.

use super::case::Case;
use crate::config::{CheckpointEvery, Every, ExecutorChoice};

/// Rows that the history has at most if the configuration does not say.
const MOST_ROWS: u64 = 100;

/// What is due again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The key that says how often.
    pub key: String,
    /// Steps in between, at least 1.
    pub steps: u64,
    /// Whether the configuration leaves that open.
    pub is_default: bool,
}

/// Steps from one row of the history to the next in a run of so many `steps`, where the configuration leaves that open:
/// such that blocks of two, four or eight steps end there as soon as rows are so far apart.
pub fn history_steps(steps: u64) -> u64 {
    match steps.div_ceil(MOST_ROWS) {
        0 | 1 => 1,
        2 => 2,
        3 | 4 => 4,
        n => n.next_multiple_of(8),
    }
}

/// All that is due again and again, in the order of the configuration. `history_steps` are the steps between two rows of a
/// history of which the configuration does not say; what is due by time has an interval where `dt` is known.
pub fn dues(case: &Case, history_steps: Option<u64>, dt: Option<f64>) -> Vec<Due> {
    let config = &case.config;
    let of_time = |interval: f64| dt.map(|dt| ((interval / dt) as u64).max(1));
    let of_every = |every: &Every| match every {
        Every::Steps(n) => Some(*n),
        Every::Time(interval) => of_time(*interval),
        // A few times, whenever that is.
        Every::AtTimes(_) | Every::AtSteps(_) => None,
    };
    let of_checkpoints = match &config.checkpoint.every {
        Some(CheckpointEvery::Steps(n)) => Some(*n),
        Some(CheckpointEvery::Time(interval)) => of_time(*interval),
        Some(CheckpointEvery::Wall(_) | CheckpointEvery::Auto) | None => None,
    };
    let of_history = match &config.history.every {
        Some(every) => of_every(every),
        None => history_steps,
    };
    let due = |key: &str, steps: Option<u64>, is_default: bool| {
        let key = key.to_owned();
        steps.map(|steps| Due { key, steps, is_default })
    };
    let snapshots = config.snapshots.iter();
    let snapshots = snapshots.map(|series| due("snapshot.every", of_every(&series.every), false));
    let others = [
        due(
            "history.every",
            of_history.filter(|_| config.history.enabled),
            config.history.every.is_none(),
        ),
        due("check.every", Some(config.check.every_steps), false),
        due("stop.every", config.stop.as_ref().map(|stop| stop.every_steps), false),
        due("checkpoint.every", of_checkpoints, false),
    ];
    snapshots.chain(others).flatten().collect()
}

/// As far as it is known before anybody knows how long steps are.
pub fn foreseen(case: &Case) -> Vec<Due> {
    dues(case, case.config.time.steps.map(history_steps), None)
}

/// The most steps that a block can have before something is due.
pub fn shortest(dues: &[Due]) -> Option<&Due> {
    dues.iter().min_by_key(|due| due.steps)
}

/// The share of their length below which blocks are said to be short.
const LEAST_SHARE: f64 = 0.8;

/// What there is to say where something is due so often that blocks of the lengths `suited` to the tiles, shortest first, end
/// early.
pub fn remark(case: &Case, suited: &[usize], dues: &[Due]) -> Option<String> {
    let longest = *suited.last()? as u64;
    let is_given = case.config.parallel.executor == ExecutorChoice::Temporal;
    let early = |due: &&Due| due.steps as f64 / due.steps.div_ceil(longest) as f64 <= LEAST_SHARE * longest as f64;
    let due = shortest(dues).filter(early).or_else(|| dues.iter().find(early))?;
    let steps = match due.steps {
        1 => "1 step".to_string(),
        n => format!("{n} steps"),
    };
    let whence = if due.is_default { " by default" } else { "" };
    let left = suited.iter().rev().find(|&&n| n as u64 <= due.steps);
    let so = match left {
        _ if due.steps >= longest || is_given => {
            let mean = due.steps as f64 / due.steps.div_ceil(longest) as f64;
            format!("those of {longest} have {mean:.1} on average")
        }
        None => "temporal blocking is not tried".to_string(),
        Some(n) => format!("temporal blocking is tried with up to {n} steps, not {longest}"),
    };
    Some(format!(
        "`{}` is {steps}{whence}: blocks of steps end there, and {so}",
        due.key
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(more: &str) -> Case {
        let text = format!(
            "[grid]\ncells = [12, 12, 12]\nspacing = [1, 1, 1]\n[time]\nsteps = 3\n[kernel]\ntype = \"advection-diffusion\"\n\
             diffusivity = 1\nboundary = {{ all = \"periodic\" }}\n[[kernel.field]]\nname = \"q\"\n{more}\n"
        );
        Case::parse("t.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_history_has_up_to_a_hundred_rows_and_lets_blocks_of_steps_be() {
        for (steps, expected) in [
            (0, 1),
            (50, 1),
            (100, 1),
            (101, 2),
            (300, 4),
            (401, 8),
            (800, 8),
            (801, 16),
        ] {
            assert_eq!(history_steps(steps), expected, "{steps} steps");
        }
        for steps in 1..5000 {
            let n = history_steps(steps);
            assert!(steps / n <= MOST_ROWS, "{steps} steps");
            assert!(steps < 50 || steps / n >= 49, "{steps} steps have {} rows", steps / n);
            assert!(8u64.is_multiple_of(n) || n.is_multiple_of(8));
        }
    }

    #[test]
    fn what_is_due_is_found_in_the_configuration() {
        let of = |more: &str, history, dt| -> Vec<(String, u64)> {
            let dues = dues(&case(more), history, dt);
            dues.into_iter().map(|due| (due.key, due.steps)).collect()
        };
        let due = |key: &str, steps: u64| (key.to_string(), steps);
        assert_eq!(of("", Some(2), None), [due("history.every", 2), due("check.every", 48)]);
        assert_eq!(
            of("[history]\nenabled = false", Some(2), None),
            [due("check.every", 48)]
        );
        let all = "[[snapshot]]\nevery = 7\n[history]\nevery = { steps = 20 }\n[check]\nevery = { steps = 30 }\n\
                   [checkpoint]\nevery = { steps = 40 }";
        let by_steps = [
            due("history.every", 20),
            due("check.every", 30),
            due("checkpoint.every", 40),
        ];
        assert_eq!(of(all, Some(2), None), by_steps);
        assert_eq!(of(all, None, Some(2.0))[0], due("snapshot.every", 3));
        assert_eq!(of(all, None, Some(20.0))[0], due("snapshot.every", 1));
    }

    #[test]
    fn the_key_that_ends_blocks_is_named() {
        let said = |more: &str, suited: &[usize], history: u64| {
            let case = case(more);
            remark(&case, suited, &dues(&case, Some(history), None))
        };
        let all = [2, 4, 8];
        assert_eq!(said("", &all, 8), None);
        assert_eq!(said("", &[], 1), None);
        assert_eq!(
            said("", &all, 1).unwrap(),
            "`history.every` is 1 step by default: blocks of steps end there, and temporal blocking is not tried"
        );
        let often = "[check]\nevery = { steps = 5 }";
        assert_eq!(
            said(often, &all, 8).unwrap(),
            "`check.every` is 5 steps: blocks of steps end there, and temporal blocking is tried with up to 4 steps, not 8"
        );
        // 9 steps are a block of 8 and one of 1.
        let uneven = "[check]\nevery = { steps = 9 }";
        assert_eq!(
            said(uneven, &all, 8).unwrap(),
            "`check.every` is 9 steps: blocks of steps end there, and those of 8 have 4.5 on average"
        );
        let given = "[check]\nevery = { steps = 1 }\n[parallel]\nexecutor = \"temporal\"\ndepth = 4";
        assert_eq!(
            said(given, &[4], 8).unwrap(),
            "`check.every` is 1 step: blocks of steps end there, and those of 4 have 1.0 on average"
        );
    }
}
