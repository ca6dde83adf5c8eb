//! The executors: in which order regions and stages are run, and when halos are exchanged.
//!
//! Knows the contract and the declarations, never a particular physics. Start reading with [`Engine`].

mod block;
mod exchange_needs;
mod executor;
mod faults;
mod recorder;
mod sweep;
mod temporal;
mod tick;
mod tuner;

pub use block::{Block, Level, depth_of};
pub use exchange_needs::exchange_needs;
pub use executor::{Engine, Executor, Setup, message_bytes};
pub use recorder::{Recorder, Watch, cell_of_node};
pub use sweep::Sweep;
pub use tick::Tick;
pub use tuner::{Candidate, Choice, Tuner};
