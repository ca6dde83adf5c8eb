//! The fast tests: what a developer runs after every change, as `scripts/test --quick`.

use crate::{contract, ranks};

#[test]
fn every_registered_kernel_keeps_the_contract() {
    for case in contract::chosen() {
        contract::check(&case, 0, 2);
    }
}

#[test]
fn six_ranks_give_the_bits_of_one_in_every_exchange_mode() {
    ranks::check_quickly();
}
