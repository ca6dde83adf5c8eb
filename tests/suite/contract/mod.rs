//! The contract of stages: what every kernel declares is the truth, so that any legal order gives the same bits.
//!
//! A grid is cut into random boxes. Each box is advanced stage by stage in an order that is random but for what the
//! declarations demand, and each stage finds nothing in its storage but what it declared to read: all else is NaN. The
//! result must have the bits of the plain run. Now and then a part of a box is updated once more as a halo, on a tile that
//! owns other cells, or beyond joined ends. Start reading with [`check`].

mod cases;
mod deep;
mod execution;
mod lopsided;
mod maxwell;
mod random_maxwell;
mod random_transport;
mod transport;

use crate::random::Random;
use cases::{Case, long_rows};
pub use cases::{SPACING, chosen};
use execution::{Order, Problem};
use random_maxwell::random_maxwell;
pub use random_transport::random_transport;
use simrun::kernels::contract::Buildable;
use simrun::kernels::{Declaration, REGISTRY};
use simrun::numerics::instructions::InstructionSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
pub use transport::SCHEMES;

/// Runs `case` in `n_orders` random orders in both precisions and with every instruction set that this machine has, each
/// time in other orders.
///
/// # Panics
/// With the case, the seed and the first difference.
pub fn check(case: &Case, first_seed: u64, n_orders: u64) {
    let sets = InstructionSet::ALL.into_iter().filter(|set| set.is_available());
    for (instructions, n) in sets.zip(0..) {
        check_in::<f32>(case, instructions, first_seed + 2000 * n, n_orders);
        check_in::<f64>(case, instructions, first_seed + 2000 * n + 1000, n_orders);
    }
}

fn check_in<T: Buildable>(case: &Case, instructions: InstructionSet, first_seed: u64, n_orders: u64) {
    let (physics, grid) = case.read();
    let declaration = physics.declaration(&grid);
    let problem = Problem::<T> {
        declaration,
        order: Order::LEGAL,
        kernel: &|| T::build(&*physics, &grid),
        grid: grid.clone(),
        instructions,
        dt: physics.fixed_dt(),
    };
    let seeds = first_seed..first_seed + n_orders;
    if let Some(fault) = seeds.clone().find_map(|seed| fault_of(&problem, seed)) {
        panic!("{} {}: {fault}\n{case}", T::NAME, instructions.name());
    }
}

/// What goes wrong in the random order of `seed`; panics of the kernel, which notices some faults itself, count.
fn fault_of<T: Buildable>(problem: &Problem<T>, seed: u64) -> Option<String> {
    let attempt = || {
        let expected = problem.plainly();
        match problem.in_random_order(&mut Random::new(seed)) {
            Ok(found) => problem.difference(&expected, &found),
            Err(fault) => Some(fault),
        }
    };
    let fault = catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Some(format!("panic: {}", text.unwrap_or_default()))
    });
    fault.map(|fault| format!("seed {seed}: {fault}"))
}

#[test]
fn every_registered_kernel_has_a_case() {
    for entry in REGISTRY {
        assert!(
            chosen().iter().any(|case| case.kernel == entry.name),
            "kernel `{}` is not held to the contract: add cases",
            entry.name
        );
    }
}

#[test]
fn chosen_cases_keep_the_contract_in_many_orders() {
    for case in chosen() {
        check(&case, 100, 3);
    }
}

#[test]
fn rows_too_long_for_the_cache_keep_the_contract() {
    check_in::<f64>(&long_rows(), InstructionSet::best(), 0, 3);
}

#[test]
fn random_configurations_keep_the_contract() {
    for seed in 0..150 {
        check(&random_transport(&mut Random::new(seed)), seed, 1);
    }
}

#[test]
fn random_configurations_of_maxwell_keep_the_contract() {
    for seed in 0..150 {
        check(&random_maxwell(&mut Random::new(seed)), seed, 1);
    }
}

#[test]
fn a_reach_declared_too_small_is_found() {
    let cases = chosen();
    let (physics, grid) = cases[0].read();
    let truth = physics.declaration(&grid);
    for axis in 0..3 {
        for upper in [false, true] {
            let mut false_claim = truth.clone();
            for read in reads_of(&mut false_claim) {
                let side = if upper { &mut read.reach.hi } else { &mut read.reach.lo };
                side[axis] = 0;
            }
            let problem = Problem::<f64> {
                order: Order::LEGAL,
                declaration: Declaration {
                    // Where storage has room for the undeclared reads, only their poison can tell.
                    ghosts: truth.reach(&grid),
                    ..false_claim
                },
                kernel: &|| f64::build(&*physics, &grid),
                grid: grid.clone(),
                instructions: InstructionSet::best(),
                dt: None,
            };
            let fault = fault_of(&problem, 1);
            assert!(
                fault.is_some(),
                "axis {axis}, upper {upper}: a false declaration passed"
            );
        }
    }
}

#[test]
fn an_undeclared_write_is_found() {
    let (physics, grid) = chosen()[0].read();
    let mut declaration = physics.declaration(&grid);
    for phase in &mut declaration.phases {
        phase.stages.iter_mut().for_each(|stage| stage.writes.clear());
    }
    let problem = Problem::<f64> {
        declaration,
        order: Order::LEGAL,
        kernel: &|| f64::build(&*physics, &grid),
        grid: grid.clone(),
        instructions: InstructionSet::best(),
        dt: None,
    };
    assert!(fault_of(&problem, 1).is_some());
}

#[test]
fn a_one_sided_kernel_keeps_the_contract() {
    for seed in 0..60 {
        assert_eq!(fault_of(&lopsided::problem(), seed), None);
    }
}

#[test]
fn reading_what_is_not_yet_written_is_found() {
    let order = Order {
        keeps_flow: false,
        ..Order::LEGAL
    };
    assert!(n_orders_found(order) > 30);
}

#[test]
fn overwriting_what_is_still_read_is_found() {
    let order = Order {
        keeps_reuse: false,
        ..Order::LEGAL
    };
    assert!(n_orders_found(order) > 30);
}

/// In how many of 60 random orders a broken rule is noticed: not all orders break it.
fn n_orders_found(order: Order) -> usize {
    let problem = Problem {
        order,
        ..lopsided::problem()
    };
    (0..60).filter(|&seed| fault_of(&problem, seed).is_some()).count()
}

fn reads_of(declaration: &mut Declaration) -> impl Iterator<Item = &mut simrun::field::Read> {
    let stages = declaration.phases.iter_mut().flat_map(|phase| &mut phase.stages);
    stages.flat_map(|stage| &mut stage.reads)
}
