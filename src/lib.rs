//! simrun solves partial differential equations on structured 2D and 3D grids, on any number of MPI ranks.
//!
//! The module list below is the architecture diagram, lowest layer first: a module may use those above it in this
//! list and none below. `docs/architecture.md` explains the layers; `scripts/check-layers` enforces them.

pub mod error; // what can go wrong, and the exit code it ends with
pub mod metrics; // phase timers and reports

pub mod config; // text -> spanned tree -> checked, typed, immutable Config
pub mod field; // storage of one tile, exact sums
pub mod grid; // boxes, cells, tiles: pure integer geometry
pub mod kernels;
pub mod numerics; // differences, Runge-Kutta tables, formulas of x, y, z, t // the physics: the stage contract, the registry, one folder per physics

pub mod engine; // the executors: in which order regions and stages are run
pub mod files;
pub mod parallel; // the only place that names mpi // the only place that names hdf5

pub mod plot; // the only place that names plotters
pub mod simulation; // one run: built from a Config, advanced by its clock, watched by its monitor
pub mod study; // bench: the machine, then the kernels against it

pub mod cli; // one file per subcommand
