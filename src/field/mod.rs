//! Storage of one tile: declared slots, the rows a stage may touch, and sums that do not depend on their order.
//!
//! Owns memory and its layout. Knows nothing of physics, files or MPI. Start reading with [`SlotSpec`] (what is
//! declared), then [`Storage`] (what is allocated), then [`StageView`] (what a stage may touch while it runs).

mod array;
mod exact_sum;
mod real;
mod slot;
mod storage;
pub mod streaming;
mod view;

pub use array::{Array, AxisStrides, BoxCopy, Rows, RowsMut, Sharing};
pub use exact_sum::ExactSum;
pub use real::Real;
pub use slot::{FieldSpec, Role, Scalar, SlotId, SlotSpec};
pub use storage::Storage;
pub use view::{Read, RowReader, RowWriter, Shape, StageView};
