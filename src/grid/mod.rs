//! Pure integer geometry: boxes of cells, the grid, where on a cell a field lives, and how the grid is cut into tiles.
//!
//! Owns the words *grid*, *tile*, *owned*, *core*, *shell*, *halo*, *ghost* and *region* (docs/architecture.md). Knows
//! nothing of fields, physics or MPI. Start reading with [`IndexBox`], then [`Grid`], then [`Decomposition`].

mod decomposition;
mod index_box;
mod location;
mod mesh;
mod nodes;
mod tile;

pub use decomposition::{Decomposition, DecompositionError, Topology};
pub use index_box::IndexBox;
pub use location::Location;
pub use mesh::{AXIS_NAMES, Grid};
pub use nodes::NodesAround;
pub use tile::{Reach, Tile};

/// Three numbers, one per axis: x, y, z.
pub type PerAxis<T> = [T; 3];
