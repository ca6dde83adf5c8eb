//! The time of a step, from what it is made of.

use crate::engine::Executor;
use serde::Serialize;

/// What a step costs a rank by itself, s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Work {
    /// Updating what needs no halo; everything, where nothing is done meanwhile.
    pub core: f64,
    /// Updating the rest.
    pub shell: f64,
    /// Packing and unpacking, and copies into the tile's own halo.
    pub copies: f64,
    /// What it waits for others because all take longer for some steps than for others, and not for the same.
    pub uneven: f64,
}

/// What happens while messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Nothing.
    Waits,
    /// The core is updated, and nobody looks after the messages.
    Computes,
    /// The core is updated, and messages are helped along.
    Pokes,
}

impl Order {
    /// That of an executor whose rest, after the messages, takes `shell` seconds: a block whose core would be too small has none.
    pub fn of(executor: Executor, shell: f64) -> Order {
        match executor {
            Executor::Blocking => Order::Waits,
            Executor::Temporal(_) if shell == 0.0 => Order::Waits,
            Executor::Overlap => Order::Computes,
            Executor::Progress | Executor::Temporal(_) => Order::Pokes,
        }
    }
}

/// What the messages of a step cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Transfer {
    /// From the first byte sent until the last has arrived, where nothing else is done, s.
    pub seconds: f64,
    /// The same where they are helped along now and then, s.
    pub aided: f64,
    /// The least time from one step to the next that lets their bytes through, s.
    pub interval: f64,
    /// Processor time that it takes from the computation, s.
    pub processor: f64,
    /// The share that moves while nobody helps.
    pub unaided: f64,
}

/// The time of a step, s: `max(core + uneven + processor, aided) + shell + copies` where messages are helped along; the transfer
/// added where nothing is done meanwhile; where nobody helps, that share of it added that does not move by itself. It is never
/// less than the link takes for the bytes.
pub fn step_time(order: Order, work: Work, transfer: Transfer) -> f64 {
    let core = work.core + work.uneven;
    let meanwhile = match order {
        Order::Waits => core + transfer.seconds,
        Order::Pokes => (core + transfer.processor).max(transfer.aided),
        Order::Computes => {
            let moved = (transfer.unaided * transfer.seconds).min(work.core);
            core + transfer.unaided * transfer.processor + (transfer.seconds - moved)
        }
    };
    (meanwhile + work.shell + work.copies).max(transfer.interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work {
        core: 10.0,
        shell: 1.0,
        copies: 0.5,
        uneven: 0.0,
    };

    fn transfer(seconds: f64, processor: f64, unaided: f64) -> Transfer {
        Transfer {
            seconds,
            aided: seconds,
            interval: 0.0,
            processor,
            unaided,
        }
    }

    #[test]
    fn waiting_adds_up() {
        assert_eq!(step_time(Order::Waits, WORK, transfer(6.0, 2.0, 0.5)), 17.5);
    }

    #[test]
    fn whoever_pokes_pays_for_the_longer_of_both() {
        assert_eq!(step_time(Order::Pokes, WORK, transfer(6.0, 2.0, 0.0)), 13.5);
        assert_eq!(step_time(Order::Pokes, WORK, transfer(30.0, 2.0, 0.0)), 31.5);
    }

    #[test]
    fn messages_that_nobody_helps_move_as_far_as_they_do() {
        assert_eq!(step_time(Order::Computes, WORK, transfer(6.0, 0.0, 0.0)), 17.5);
        assert_eq!(step_time(Order::Computes, WORK, transfer(6.0, 2.0, 0.5)), 15.5);
        assert_eq!(step_time(Order::Computes, WORK, transfer(6.0, 0.0, 1.0)), 11.5);
        // No more than while the core is computed.
        assert_eq!(step_time(Order::Computes, WORK, transfer(30.0, 0.0, 1.0)), 31.5);
    }

    #[test]
    fn what_is_helped_along_now_and_then_takes_longer() {
        let mut transfer = transfer(6.0, 2.0, 0.0);
        transfer.aided = 14.0;
        assert_eq!(step_time(Order::Pokes, WORK, transfer), 15.5);
        assert_eq!(step_time(Order::Waits, WORK, transfer), 17.5);
    }

    #[test]
    fn whoever_waits_for_uneven_steps_does_so_while_messages_travel() {
        let work = Work { uneven: 2.0, ..WORK };
        assert_eq!(step_time(Order::Waits, work, transfer(6.0, 2.0, 0.5)), 19.5);
        assert_eq!(step_time(Order::Pokes, work, transfer(13.0, 2.0, 0.5)), 15.5);
        assert_eq!(step_time(Order::Pokes, work, transfer(30.0, 2.0, 0.5)), 31.5);
    }

    #[test]
    fn no_step_is_shorter_than_its_bytes_on_the_link() {
        let mut transfer = transfer(6.0, 2.0, 1.0);
        transfer.interval = 20.0;
        for order in [Order::Waits, Order::Computes, Order::Pokes] {
            assert_eq!(step_time(order, WORK, transfer), 20.0);
        }
    }

    #[test]
    fn a_block_without_a_core_waits() {
        assert_eq!(Order::of(Executor::Temporal(4), 0.0), Order::Waits);
        assert_eq!(Order::of(Executor::Temporal(4), 0.1), Order::Pokes);
        assert_eq!(Order::of(Executor::Overlap, 0.1), Order::Computes);
    }
}
