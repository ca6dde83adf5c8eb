//! Everything that a run leaves on the disk, and its way back: snapshots, the history, the status, the log, the folder
//! they live in, and the schedules that say when they are due.
//!
//! The only place that names hdf5. Knows nothing of MPI, kernels or fields: whoever writes hands over boxes of values
//! in global indices. Needs HDF5 1.10.7 or newer (the switch for file locking). Start reading with [`RunFolder`], then [`SnapshotWriter`].

mod attributes;
mod background;
mod box_dataset;
pub mod checkpoint;
mod checksum;
mod direct;
mod durable;
mod file_list;
#[cfg(test)]
mod fixture;
mod group;
mod hdf5_cause;
mod history;
mod info;
mod lock;
mod log;
mod measurements;
mod netcdf_view;
mod openpmd;
mod probe_series;
pub mod provenance;
mod removal;
pub mod run_folder;
mod schedule;
mod snapshot;
mod snapshot_head;
mod snapshot_reader;
mod status;
mod stored;
mod supersede;
mod text_attribute;
mod trace_file;
mod unit;
mod vtk_view;

pub use background::Background;
pub use box_dataset::CHUNK_CACHE_BYTES;
pub use checksum::{Checksum, Checksummer};
pub use direct::DiskReader;
pub use history::{Column, Entry, History, HistoryWriter};
pub use info::describe;
pub use lock::RunLock;
pub use log::Log;
pub use measurements::{Measurement, Measurements};
pub use probe_series::{ProbeField, ProbeHead, ProbeLine, ProbeSeries, ProbeWriter, Stamp};
pub use run_folder::RunFolder;
pub use schedule::{Schedule, ScheduleKind};
pub use snapshot::SnapshotWriter;
pub use snapshot_head::{FORMAT_VERSION, FieldHead, SnapshotHead};
pub use snapshot_reader::{FieldEntry, SnapshotReader};
pub use status::{RunState, Status};
pub use stored::Stored;
pub use trace_file::{RankTrace, Span, TraceFile, TraceWriter, rank_events, rank_head};
