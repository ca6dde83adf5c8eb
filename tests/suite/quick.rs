//! The fast tests: what a developer runs after every change, as `scripts/test --quick`.

use crate::{bad_input, command_line, contract, probes, ranks};

#[test]
fn every_registered_kernel_keeps_the_contract() {
    for case in contract::chosen() {
        contract::check(&case, 0, 1);
    }
}

#[test]
fn six_ranks_give_the_bits_of_one_in_every_exchange_mode() {
    ranks::check_quickly();
}

#[test]
fn the_command_line_works() {
    command_line::help_and_version_go_to_standard_output();
    command_line::a_mistyped_subcommand_is_told_so();
    command_line::a_run_fills_its_folder_with_and_without_a_launcher();
    command_line::check_says_what_a_run_would_need_and_writes_nothing();
    command_line::results_are_overwritten_only_when_asked_and_only_the_runs_own();
}

#[test]
fn bad_input_is_refused() {
    bad_input::a_misspelt_key_is_shown_at_its_place_with_the_key_that_was_meant();
    bad_input::a_formula_that_is_not_finite_on_another_rank_is_refused_once();
}

#[test]
fn probes_are_the_same_bytes_on_several_ranks() {
    probes::probes_are_the_same_bytes_however_the_grid_is_cut();
}
