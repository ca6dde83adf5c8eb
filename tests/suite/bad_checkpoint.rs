//! Bad input about checkpoints, the way to the disk and the watch over progress.

use crate::bad_input::{CONFIG, refuse};

/// The good case with a section `[section]` of one line, which is line 20.
#[track_caller]
fn refuse_section(section: &str, line: &str, words: &[&str]) {
    let field = "initial = \"exp(-x^2)\"\n";
    refuse(field, &format!("{field}\n[{section}]\n{line}\n"), CONFIG, words);
}

#[test]
fn a_misspelt_key_of_checkpoints_is_shown_with_the_key_that_was_meant() {
    let words = [
        "unknown key `evry` in [checkpoint]",
        "case.toml:20:1",
        "evry = 5",
        "did you mean `every`?",
    ];
    refuse_section("checkpoint", "evry = 5", &words);
}

#[test]
fn keeping_no_checkpoint_is_refused() {
    let words = ["`keep` in [checkpoint]", "case.toml:20:8", "at least 1", "not 0"];
    refuse_section("checkpoint", "keep = 0", &words);
}

#[test]
fn a_checkpoint_after_no_steps_is_refused() {
    let words = [
        "`steps` in [checkpoint.every]",
        "case.toml:20:19",
        "at least 1",
        "not 0",
    ];
    refuse_section("checkpoint", "every = { steps = 0 }", &words);
}

#[test]
fn a_checkpoint_that_is_due_in_two_ways_is_refused() {
    let words = [
        "`steps` and `wall` are both given in [checkpoint.every]",
        "case.toml:20:30",
        "\"1 h\"",
        "keep one of `steps`, `wall`",
    ];
    refuse_section("checkpoint", "every = { steps = 10, wall = \"1 h\" }", &words);
}

#[test]
fn a_checkpoint_that_is_due_at_no_known_time_is_refused() {
    let words = [
        "`every` in [checkpoint] must be \"auto\" or a duration",
        "case.toml:20:9",
        "\"often\"",
        "\"2 h\"",
    ];
    refuse_section("checkpoint", "every = \"often\"", &words);
}

#[test]
fn an_unknown_answer_to_a_failed_checkpoint_is_refused() {
    let words = [
        "`on_failure` in [checkpoint] cannot be \"ignore\"",
        "case.toml:20:14",
        "the choices are \"stop\", \"continue\"",
    ];
    refuse_section("checkpoint", "on_failure = \"ignore\"", &words);
}

#[test]
fn a_share_of_more_than_all_the_time_is_refused() {
    let words = [
        "`largest_share` in [checkpoint]",
        "case.toml:20:17",
        "above 0 and at most 1",
        "not 2",
    ];
    refuse_section("checkpoint", "largest_share = 2", &words);
}

#[test]
fn staging_of_no_known_size_is_refused_with_how_to_write_one() {
    let words = [
        "`staging` in [output] must be an amount of memory",
        "case.toml:20:11",
        "\"lots\"",
        "\"512 MiB\"",
    ];
    refuse_section("output", "staging = \"lots\"", &words);
}

#[test]
fn a_misspelt_key_of_the_output_is_shown_with_the_key_that_was_meant() {
    let words = [
        "unknown key `agregators` in [output]",
        "case.toml:20:1",
        "did you mean `aggregators`?",
    ];
    refuse_section("output", "agregators = 2", &words);
}

#[test]
fn standing_still_for_no_known_time_is_refused_with_how_to_write_one() {
    let words = [
        "`stalled_after` in [check] must be \"never\" or a duration",
        "case.toml:20:17",
        "\"soon\"",
        "\"5 min\"",
    ];
    refuse_section("check", "stalled_after = \"soon\"", &words);
}
