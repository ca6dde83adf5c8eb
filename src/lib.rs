//! simrun solves partial differential equations on structured 2D and 3D grids, on any number of MPI ranks.
//!
//! The module list below is the architecture diagram, lowest layer first: a module may use those above it in this
//! list and none below. `docs/architecture.md` explains the layers; `scripts/check-layers` enforces them.

/// What can go wrong, and the exit code it ends with.
pub mod error;

/// Where the time goes.
pub mod metrics;

/// Boxes, cells, tiles: pure integer geometry.
pub mod grid;

/// Formulas of x, y, z, t; Runge-Kutta tables; instruction sets.
pub mod numerics;

/// Storage of one tile, exact sums.
pub mod field;

/// Text -> spanned tree -> checked, typed, immutable Config.
pub mod config;

/// The physics: the stage contract, the registry, one folder per physics.
pub mod kernels;

/// The only place that names mpi.
pub mod parallel;

/// The executors: in which order regions and stages are run.
pub mod engine;

/// The only place that names hdf5.
pub mod files;

/// The only place that names plotters.
pub mod plot;

/// One run: built from a Config, advanced by its clock, watched by its monitor.
pub mod simulation;

/// The machine measured, then the kernels against it; results against values from elsewhere; ensembles.
pub mod study;

/// One file per subcommand.
pub mod cli;
