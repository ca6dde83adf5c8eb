//! The fast tests: what a developer runs after every change, as `scripts/test --quick`.

use crate::contract;

#[test]
fn every_registered_kernel_keeps_the_contract() {
    for case in contract::chosen() {
        contract::check(&case, 0, 2);
    }
}
