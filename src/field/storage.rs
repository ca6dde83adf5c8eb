//! All declared storage of one tile.

use super::{Array, Real, Role, Scalar, Sharing, SlotId, SlotSpec};
use crate::grid::{IndexBox, Tile};

/// The memory of one slot, in the precision it was declared with.
#[derive(Debug)]
enum SlotArray<T> {
    Real(Array<T>),
    Double(Array<f64>),
}

/// All declared slots of a tile.
#[derive(Debug)]
pub struct Storage<T> {
    specs: Vec<SlotSpec>,
    arrays: Vec<SlotArray<T>>,
    is_streamed: bool,
}

impl<T: Real> Storage<T> {
    /// Zeroed memory for every slot on the cells that `tile` stores of it.
    pub fn new(specs: &[SlotSpec], tile: &Tile) -> Storage<T> {
        Storage::touched_by(&mut |touch| touch(0, 1), specs, tile)
    }

    /// The same, of which those who share the work touch their layers first.
    pub fn touched_by(sharing: &mut Sharing<'_>, specs: &[SlotSpec], tile: &Tile) -> Storage<T> {
        let lo = tile.owned.lo;
        let arrays = specs
            .iter()
            .enumerate()
            .map(|(n, spec)| {
                let stored = stored_box(spec, tile);
                match spec.scalar {
                    Scalar::Real => SlotArray::Real(Array::touched_by(sharing, stored, lo, stagger(n))),
                    Scalar::Double => SlotArray::Double(Array::touched_by(sharing, stored, lo, stagger(n))),
                }
            })
            .collect();
        Storage {
            specs: specs.to_vec(),
            arrays,
            is_streamed: false,
        }
    }

    /// Whether rows that kernels store as a whole go past the caches: see [`streaming`](super::streaming).
    pub fn is_streamed(&self) -> bool {
        self.is_streamed
    }

    /// Sets whether rows go past the caches. The bits do not depend on it.
    pub fn set_streamed(&mut self, is_streamed: bool) {
        self.is_streamed = is_streamed;
    }

    /// Bytes that [`Storage::new`] would allocate, without allocating.
    pub fn bytes_needed(specs: &[SlotSpec], tile: &Tile) -> f64 {
        specs
            .iter()
            .enumerate()
            .map(|(n, spec)| {
                let stored = stored_box(spec, tile);
                let bytes = match spec.scalar {
                    Scalar::Real => Array::<T>::bytes_needed(&stored, tile.owned.lo, stagger(n)),
                    Scalar::Double => Array::<f64>::bytes_needed(&stored, tile.owned.lo, stagger(n)),
                };
                bytes as f64
            })
            .sum()
    }

    pub fn specs(&self) -> &[SlotSpec] {
        &self.specs
    }

    /// The array of a slot of the run's precision.
    ///
    /// # Panics
    /// If the slot was declared double: a bug of the kernel.
    #[inline(always)]
    pub fn array(&self, slot: SlotId) -> &Array<T> {
        match &self.arrays[slot.0] {
            SlotArray::Real(array) => array,
            SlotArray::Double(_) => wrong_scalar(&self.specs[slot.0]),
        }
    }

    /// The array of a slot of the run's precision, to write. Panics like [`Storage::array`].
    pub fn array_mut(&mut self, slot: SlotId) -> &mut Array<T> {
        match &mut self.arrays[slot.0] {
            SlotArray::Real(array) => array,
            SlotArray::Double(_) => wrong_scalar(&self.specs[slot.0]),
        }
    }

    /// The array of a slot that was declared double.
    ///
    /// # Panics
    /// If the slot has the run's precision: a bug of the kernel.
    #[inline(always)]
    pub fn double_array(&self, slot: SlotId) -> &Array<f64> {
        match &self.arrays[slot.0] {
            SlotArray::Double(array) => array,
            SlotArray::Real(_) => wrong_scalar(&self.specs[slot.0]),
        }
    }

    /// The array of a slot that was declared double, to write. Panics like [`Storage::double_array`].
    pub fn double_array_mut(&mut self, slot: SlotId) -> &mut Array<f64> {
        match &mut self.arrays[slot.0] {
            SlotArray::Double(array) => array,
            SlotArray::Real(_) => wrong_scalar(&self.specs[slot.0]),
        }
    }

    /// Fills a slot with NaN, so that whoever reads what nobody wrote is found out.
    pub fn poison(&mut self, slot: SlotId) {
        match &mut self.arrays[slot.0] {
            SlotArray::Real(array) => array.fill(T::NAN),
            SlotArray::Double(array) => array.fill(f64::NAN),
        }
    }

    /// Bytes allocated for all slots.
    pub fn n_bytes(&self) -> usize {
        self.arrays
            .iter()
            .map(|slot| match slot {
                SlotArray::Real(array) => array.n_bytes(),
                SlotArray::Double(array) => array.n_bytes(),
            })
            .sum()
    }
}

/// Cache lines by which slot `n` starts late: slots that are used together start on different cache sets.
fn stagger(n: usize) -> usize {
    n * 5
}

/// The cells of a slot that a tile stores: all of the tile's, or those of the slot's domain and, where halos are updated
/// too, of its copies beyond joined ends.
fn stored_box(spec: &SlotSpec, tile: &Tile) -> IndexBox {
    match &spec.domain {
        Some(domain) if spec.role == Role::Accumulator => tile.stored().intersect(domain),
        Some(domain) => tile.stored_of(domain),
        None => tile.stored(),
    }
}

#[cold]
#[inline(never)]
fn wrong_scalar(spec: &SlotSpec) -> ! {
    panic!(
        "slot `{}` is declared {:?} and used as the other",
        spec.name, spec.scalar
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Grid, Location, Reach};

    #[test]
    fn a_slot_with_a_domain_is_stored_only_there() {
        let grid = Grid {
            cells: [9, 7, 5],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let tile = Tile {
            owned: IndexBox::new([0, 0, 0], [4, 7, 5]),
            margin: Reach::all(1),
            grid,
        };
        let slot = |name: &str, scalar, domain| SlotSpec {
            name: name.into(),
            location: Location::CENTER,
            scalar,
            role: Role::State,
            domain,
        };
        let specs = [
            slot("q", Scalar::Real, None),
            slot("west", Scalar::Double, Some(IndexBox::new([0, 0, 0], [1, 7, 5]))),
            slot("east", Scalar::Double, Some(IndexBox::new([8, 0, 0], [9, 7, 5]))),
        ];
        let storage: Storage<f32> = Storage::new(&specs, &tile);
        assert_eq!(
            storage.array(SlotId(0)).stored(),
            IndexBox::new([-1, -1, -1], [5, 8, 6])
        );
        assert_eq!(storage.double_array(SlotId(1)).stored().n_cells(), 35);
        assert!(storage.double_array(SlotId(2)).stored().is_empty());
        assert_eq!(Storage::<f32>::bytes_needed(&specs, &tile), storage.n_bytes() as f64);
    }
}
