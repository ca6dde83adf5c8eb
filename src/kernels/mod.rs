//! The physics: the stage contract, the registry, and one folder per physics.
//!
//! A kernel declares its storage and its stages, and runs a stage on any region it is asked for. It never sees MPI,
//! files, threads or timers. Start reading with [`contract`], then `advection_diffusion`, its first tenant.

pub mod contract;
mod declaration;
mod registry;
mod scenery;

pub mod advection_diffusion;
pub mod fdtd;

pub use contract::{Kernel, KernelError, Physics, Rate, Rates, Remark, StageCall, StepChoice};
pub use declaration::{Declaration, GaugeSpec, Gauges, Phase, StageSpec, TotalSpec, Traffic};
pub use registry::{Entry, REGISTRY, Reader, Setting, read};
pub use scenery::{Fill, Filling, Landmark, LandmarkKind, Scenery, Section};
