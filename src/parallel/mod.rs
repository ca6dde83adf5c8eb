//! The only place that names MPI: the world of ranks, halo exchange, and collecting tiles on one rank. Also the threads
//! that share a rank's tile, and the cores that ranks may run on.
//!
//! Knows storage and decomposition; knows no physics and no files. A [`World`] of one rank needs no MPI at all, and a
//! rank that is its own neighbour copies instead of sending, so that serial is not another program. Start reading with
//! [`World`], then [`HaloPlan`] (who needs which cells: pure), then [`HaloExchange`] (how they get there).

mod abort;
mod channel;
mod clocks;
mod collect;
mod cores;
mod exchange;
mod gather_lists;
mod launcher;
mod neighbours;
mod node;
mod orphan;
mod plan;
mod requests;
mod seats;
mod segment;
mod swap;
mod team;
mod traffic;
mod transferable;
mod world;
mod writer_group;

pub use abort::abort;
pub use clocks::clock_offset;
pub use collect::{Collector, Gathering, PIECE_CELLS, SMALL_PIECE_CELLS, collect, contribute};
pub use cores::CoreSet;
pub use exchange::HaloExchange;
pub use gather_lists::gather_lists;
pub use launcher::{is_launched, launched_rank};
pub use neighbours::Neighbours;
pub use node::shared_numbers;
pub use plan::{HaloBox, HaloCopy, HaloLink, HaloNeed, HaloPlan, n_numbers};
pub use seats::{Crowding, Seat, crowding};
pub use swap::Swap;
pub use team::{Member, Team};
pub use traffic::{Carrier, Traffic};
pub use transferable::Transferable;
pub use world::World;
pub use writer_group::{MOST_ON_A_HOST, WriterGroup, members_on_one_host};
