//! Checkpoints, the way to the disk and the watch over progress: what is said of them, and about them.

use super::*;

/// Checkpoints of the good example with `keys` in the section.
fn checkpoint(keys: &str) -> CheckpointConfig {
    good(&format!("{GOOD}[checkpoint]\n{keys}\n"), &[]).checkpoint
}

#[test]
fn a_checkpoint_is_due_by_steps_simulated_time_wall_time_or_by_itself() {
    for (keys, every) in [
        ("", CheckpointEvery::Auto),
        ("keep = 1", CheckpointEvery::Auto),
        ("every = \"auto\"", CheckpointEvery::Auto),
        ("every = \"2 h\"", CheckpointEvery::Time(7200.0)),
        ("every = 0.5", CheckpointEvery::Time(0.5)),
        ("every = { steps = 500 }", CheckpointEvery::Steps(500)),
        ("every = { wall = \"30 min\" }", CheckpointEvery::Wall(1800.0)),
        ("every = { wall = 90 }", CheckpointEvery::Wall(90.0)),
    ] {
        let config = checkpoint(keys);
        assert_eq!((config.every, config.final_state), (Some(every), true), "{keys}");
    }
    let text = format!("{GOOD}[checkpoint]\nevery = {{ steps = 5 }}\n");
    let every = |overrides: &[&str]| good(&text, overrides).checkpoint.every;
    assert_eq!(
        every(&["checkpoint.every.wall=1 h"]),
        Some(CheckpointEvery::Wall(3600.0))
    );
    assert_eq!(every(&["checkpoint.every=auto"]), Some(CheckpointEvery::Auto));
    let config = good(GOOD, &["checkpoint.keep=1"]).checkpoint;
    assert_eq!((config.every, config.keep), (Some(CheckpointEvery::Auto), 1));
}

#[test]
fn what_only_automatic_checkpoints_go_by_is_warned_of_beside_others() {
    let warnings = |every: &str| {
        let text = format!("{GOOD}[checkpoint]\nmtbf = \"1 h\"\nlargest_share = 1\n{every}\n");
        let document = Document::parse("runs/plume.toml", &text, &[]).unwrap();
        let config = Config::read(&document).unwrap();
        assert_eq!((config.checkpoint.mtbf, config.checkpoint.largest_share), (3600.0, 1.0));
        document.root().table("kernel").unwrap().accept_rest();
        document.finish().unwrap_or_else(|error| panic!("{error}"))
    };
    assert_eq!((warnings(""), warnings("every = \"auto\"")), (vec![], vec![]));
    for every in ["every = 5", "every = { steps = 5 }", "every = { wall = 5 }"] {
        let said = warnings(every);
        assert_eq!(said.len(), 2, "{said:?}");
        for (warning, parts) in said.iter().zip([
            ["warning: `mtbf` in [checkpoint] has no effect", "plume.toml:19:8"],
            [
                "warning: `largest_share` in [checkpoint] has no effect",
                "plume.toml:20:17",
            ],
        ]) {
            assert!(parts.iter().all(|part| warning.contains(part)), "{warning}");
        }
    }
}

#[test]
fn bad_checkpoints_are_refused() {
    let refuse = |keys: &str, parts: &[&str]| assert_said(&format!("{GOOD}[checkpoint]\n{keys}\n"), &[], parts);
    refuse(
        "evry = 5",
        &["unknown key `evry` in [checkpoint]", "did you mean `every`?"],
    );
    refuse(
        "every = \"atuo\"",
        &["`every` in [checkpoint] must be \"auto\" or a duration, not the string \"atuo\""],
    );
    refuse(
        "every = 0",
        &["`every` in [checkpoint] must be longer than zero, not 0"],
    );
    refuse(
        "every = {}",
        &["missing `steps` or `wall` in [checkpoint.every]", "every = { wall ="],
    );
    refuse(
        "every = { steps = 0 }",
        &["`steps` in [checkpoint.every] must be at least 1, not 0"],
    );
    refuse(
        "every = { steps = 1, wall = 2 }",
        &["`steps` and `wall` are both given in [checkpoint.every]"],
    );
    refuse("keep = 0", &["`keep` in [checkpoint] must be at least 1, not 0"]);
    refuse(
        "on_failure = \"stopp\"",
        &["did you mean \"stop\"?", "\"stop\", \"continue\""],
    );
    refuse("mtbf = 0", &["`mtbf` in [checkpoint] must be longer than zero"]);
    refuse("largest_share = 2", &["must be above 0 and at most 1, not 2"]);
    assert_said_if(
        "[grid]",
        "checkpoint = 5\n[grid]",
        &["`checkpoint` must be a table, not 5"],
    );
}

#[test]
fn the_way_to_the_disk_and_the_watch_over_progress_can_be_given() {
    let config = |keys: &str| good(&format!("{GOOD}{keys}\n"), &[]);
    assert_eq!(config("[output]\nstaging = 4096").output.staging, Some(4096));
    assert_eq!(
        config("[output]\nstaging = \"1 GB\"").output.staging,
        Some(1_000_000_000)
    );
    assert_eq!(config("[check]\nstalled_after = \"never\"").check.stalled_after, None);
    assert_eq!(config("[check]\nstalled_after = 5").check.stalled_after, Some(5.0));
    let refuse = |keys: &str, parts: &[&str]| assert_said(&format!("{GOOD}{keys}\n"), &[], parts);
    refuse(
        "[output]\nstaging = \"lots\"",
        &[
            "`staging` in [output] must be an amount of memory, not the string \"lots\"",
            "\"512 MiB\"",
        ],
    );
    refuse(
        "[output]\nstaging = 0",
        &["`staging` in [output] must be at least 1, not 0"],
    );
    refuse(
        "[output]\nstaging = 1e6",
        &["`staging` in [output] must be an integer", "write 1000000"],
    );
    refuse("[output]\nstaging = true", &["must be an amount of memory, not true"]);
    refuse(
        "[output]\naggregators = 0",
        &["`aggregators` in [output] must be at least 1, not 0"],
    );
    refuse(
        "[check]\nstalled_after = \"soon\"",
        &[
            "`stalled_after` in [check] must be \"never\" or a duration, not the string \"soon\"",
            "\"5 min\"",
        ],
    );
    refuse("[check]\nstalled_after = 0", &["must be longer than zero, not 0"]);
}
