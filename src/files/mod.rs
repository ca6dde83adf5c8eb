//! Everything that a run leaves on the disk, and its way back: snapshots, the history, the status, the log, the folder
//! they live in, and the schedules that say when they are due.
//!
//! The only place that names hdf5. Knows nothing of MPI, kernels or fields: whoever writes hands over boxes of values
//! in global indices. Start reading with [`RunFolder`], then [`SnapshotWriter`].

mod durable;
mod netcdf_view;
mod openpmd;
mod snapshot;
mod snapshot_head;
mod snapshot_reader;
mod text_attribute;
mod unit;
mod vtk_view;

pub use snapshot::SnapshotWriter;
pub use snapshot_head::{FORMAT_VERSION, FieldHead, SnapshotHead};
pub use snapshot_reader::{FieldEntry, SnapshotReader};
