//! Tests of simrun from outside: through its library where the promise is one of the library's, through the built binary
//! elsewhere.
//!
//! | module | the promise |
//! |---|---|
//! | `contract` | every registered kernel declares its reads and writes truthfully |
//! | `ranks` | bits do not depend on ranks, topology, exchange mode and instruction set; faults are noticed |
//! | `ranks::every_case` | so they do not for any case of `validation/` and `configs/`, however it is run |
//! | `ranks::restarts` | so they do not on a kill and a restart on another number of ranks |
//! | `chaos` | no run is lost, whenever it is killed |
//! | `checkpoints` | runs stop and go on as asked; damage, other configurations and full disks are refused or survived |
//! | `stalls` | a job in which one rank hangs, panics or loses its launcher ends soon, and says where it was |
//! | `probes` | probes are the same bytes on any number of ranks, and hold what the fields hold; runs end when a total falls |
//! | `validate` | numbers from elsewhere are met; what is wrong with a case or its results is said |
//! | `reference_cases` | nothing is lost, budgets close |
//! | `maxwell` | messages carry what the curl needs; pulses leave no charge |
//! | `bounds` | the limited scheme makes no new extrema and loses nothing |
//! | `bad_input`, `bad_transport`, `bad_maxwell`, `bad_checkpoint` | what is wrong is said once, with file, key, value and remedy |
//! | `command_line` | subcommands, options, the folder of a run |
//! | `natural_units` | runs in natural units say neither metres nor seconds |
//! | `ensembles` | members are runs like any other, and none of them depends on the others |
//! | `placement` | the cores of ranks are shown when asked for; ranks that are bound to the same core are refused |
//! | `check` | what stands on the grid is shown before a run |
//! | `remembered` | what `auto` measures is said, kept for later runs, and changes no bit |
//! | `predict` | steps on ranks that are not here are predicted, on those that are held against what is measured |
//! | `memory` | a run takes the memory that was predicted for it |
//! | `trace` | every phase of every step on every rank is in the trace; blocks of steps send fewer messages |
//! | `time` | every step is stable, times are met without slivers |
//! | `scaling` | studies launch their points, leave files that can be read, and refuse what cannot be measured |
//! | `quick` | the subset of all this that a developer runs after every change |
//!
//! `launch` runs the binary, `random` chooses.

mod bad_checkpoint;
mod bad_input;
mod bad_maxwell;
mod bad_transport;
mod bounds;
#[cfg(feature = "faults")]
mod chaos;
mod check;
mod checkpoints;
mod command_line;
mod contract;
mod ensembles;
mod launch;
mod maxwell;
mod memory;
mod natural_units;
mod placement;
mod predict;
mod probes;
mod quick;
mod random;
mod ranks;
mod reference_cases;
mod remembered;
mod scaling;
mod stalls;
mod time;
mod trace;
mod validate;
