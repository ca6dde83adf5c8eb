//! One run: built from a configuration, advanced by its clock, watched by its monitor, written down by its outputs.
//!
//! The only place that knows kernels, engine and files together. Start reading with [`Case`] (what is to be computed),
//! then [`run`] (the loop).

mod bare_run;
mod blocks;
mod case;
mod checkpoints;
mod clock;
mod difference;
mod dues;
mod history_picture;
mod interval;
mod kept;
mod loop_state;
mod memory;
mod monitor;
mod outputs;
mod placement;
mod precision;
mod prepared;
mod probes;
mod progress;
mod rate_source;
mod remembered;
mod report;
mod requests;
mod restart;
mod run;
mod scenery_picture;
mod sketch;
mod step_limit;
mod stop;
mod survey;
mod terminal;
mod tracing;
mod watchdog;
mod writer;

#[cfg(test)]
mod tests;

pub use bare_run::BareRun;
pub use blocks::{deepened, suited};
pub use case::Case;
pub use checkpoints::Tally;
pub use clock::{Clock, Here, Tick};
pub use difference::{Difference, differences};
pub use history_picture::{compared_histories, history_fields, history_plot};
pub use interval::interval;
pub use monitor::{Defect, Statistics};
pub use placement::{aligned, check_cores, ranks_table};
pub use precision::Precise;
pub use progress::ProgressStyle;
pub use report::{counted, report};
pub use requests::{Agreed, Mine, Request, Requests, StopReason};
pub use restart::Restart;
pub use run::{Options, Summary, run};
pub use scenery_picture::save_scenery;
pub use terminal::say;
pub use tracing::TraceWish;
