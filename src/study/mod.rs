//! Bench: the machine, then the kernels against it. Scaling: one configuration on several numbers of ranks. The model of a step:
//! how long it takes on ranks that are not here. Ensemble: many runs of one configuration. Validate: results against values from
//! elsewhere.
//!
//! Owns what is measured and how it is summed up: memory streams, messages, and the kernels of the registry in every
//! executor and precision, as a share of what the memory allows; and what the files of a run are judged by. Knows engines
//! and ranks, nothing of any particular physics beyond the configurations in `problems`. Start reading with `bench`, which
//! is the order of a measurement, with `scaling`, `model`, `ensemble` or `validate`.

mod bench;
mod checkpoint_cost;
mod ensemble;
mod host;
mod in_cache;
mod kernels;
mod machine;
mod messages;
mod model;
mod problems;
mod report;
mod samples;
mod scaling;
mod scratch;
mod stiff;
mod validate;

pub use bench::{Plan, run};
pub use checkpoint_cost::{CHECKPOINT, CheckpointReport, Verdict};
pub use ensemble::{EnsemblePlan, ensemble};
pub use host::{Cache, Host};
pub use in_cache::InCache;
pub use kernels::{ExecutorSpeed, KernelSpeed, MixSpeed, Shares};
pub use machine::{Bandwidth, Mix, Stream};
pub use messages::Messages;
pub use model::{Machine, Point, Prediction, PredictionPlan, predict, text as prediction_text};
pub use problems::{PROBLEMS, Problem};
pub use report::Report;
pub use samples::Samples;
pub use scaling::{Amount, Kind, Queue, ScalingPlan, Wishes, collect, measure, scaling};
pub use stiff::{Comparison, STIFF, StepperRun, StiffReport};
pub use validate::{ValidationPlan, validate};
