//! Brings the tiles of a slot to the rank that writes them, one piece at a time.

use super::transferable::Transferable;
use super::world::World;
use crate::field::Array;
use crate::grid::IndexBox;
use mpi::traits::{Communicator, Destination, Source};

/// Cells of the largest piece: bounds the memory that the writing rank needs.
pub const PIECE_CELLS: usize = 4 << 20;
/// Cells of the largest piece where nothing but memory asks for large ones: few enough to stay in a core's caches on the way
/// from one rank to the other, and enough for messages at full speed.
pub const SMALL_PIECE_CELLS: usize = 128 << 10;
/// Tag of collected pieces: above those of halo exchanges, whose numbers are small.
const TAG: i32 = 30_000;

/// What is done with collected pieces, on the rank that they come to.
pub trait Collector<T> {
    /// Memory for the next piece, of `n` values, with anything in it.
    fn buffer(&mut self, n: usize) -> Vec<T>;

    /// Takes the values of a box of rank `of`, x fastest. The pieces of a rank come in the order of memory.
    fn take(&mut self, of: usize, piece: &IndexBox, values: Vec<T>);
}

/// Which ranks bring their boxes to the first of them, in pieces of what size.
#[derive(Clone, Copy, Debug)]
pub struct Gathering<'a> {
    /// Those that bring something; the first takes it.
    pub members: &'a [usize],
    /// Cells of a piece at most, but for rows that are longer.
    pub piece_cells: usize,
}

/// Brings the values of `part` of this rank to the first member, which [`collect`]s them.
pub fn contribute<T: Transferable>(world: &World, gathering: Gathering<'_>, part: IndexBox, array: &Array<T>) {
    let taker = gathering.members[0] as i32;
    let communicator = world.communicator().expect("another rank takes it");
    let mut buffer = Vec::new();
    for piece in pieces(&part, gathering.piece_cells) {
        buffer.clear();
        buffer.reserve_exact(piece.n_cells());
        array.pack(&piece, &mut buffer);
        communicator.process_at_rank(taker).send_with_tag(&buffer[..], TAG);
    }
}

/// Takes the values of `part(rank)` of every member, rank by rank, on the first of them; the others [`contribute`].
pub fn collect<T: Transferable>(
    world: &World,
    gathering: Gathering<'_>,
    part: impl Fn(usize) -> IndexBox,
    array: &Array<T>,
    collector: &mut dyn Collector<T>,
) {
    let Gathering { members, piece_cells } = gathering;
    let own = world.rank();
    for &rank in members {
        for piece in pieces(&part(rank), piece_cells) {
            let mut buffer = collector.buffer(piece.n_cells());
            if rank == own {
                buffer.clear();
                buffer.reserve_exact(piece.n_cells());
                array.pack(&piece, &mut buffer);
            } else {
                let communicator = world.communicator().expect("there is another rank");
                buffer.resize(piece.n_cells(), T::default());
                communicator
                    .process_at_rank(rank as i32)
                    .receive_into_with_tag(&mut buffer[..], TAG);
            }
            collector.take(rank, &piece, buffer);
        }
    }
}

/// A box as pieces of bounded size: whole planes, or whole rows of a plane that is too large.
fn pieces(all: &IndexBox, most: usize) -> Vec<IndexBox> {
    if all.is_empty() {
        return Vec::new();
    }
    let planes = (most / (all.len(0) * all.len(1))).max(1);
    let n_slabs = all.len(2).div_ceil(planes);
    (0..n_slabs)
        .flat_map(|part| {
            let slab = all.split(2, n_slabs, part);
            let n_strips = match slab.n_cells() > most {
                true => slab.len(1).div_ceil((most / (slab.len(0) * slab.len(2))).max(1)),
                false => 1,
            };
            (0..n_strips).map(move |strip| slab.split(1, n_strips, strip))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Array;

    #[test]
    fn pieces_are_bounded_cover_everything_once_and_follow_each_other_in_memory() {
        for (size, most) in [
            ([7, 5, 3], 4),
            ([7, 5, 3], 70),
            ([50, 30, 2], 400),
            ([30, 20, 10], 1 << 20),
        ] {
            let all = IndexBox::from_size(size);
            let parts = pieces(&all, most);
            assert!(parts.iter().all(|p| p.n_cells() <= most.max(size[0])), "{parts:?}");
            let place = |i: i64, (j, k): (i64, i64)| i + size[0] as i64 * (j + size[1] as i64 * k);
            let order = parts
                .iter()
                .flat_map(|p| p.rows().flat_map(|row| (p.lo[0]..p.hi[0]).map(move |i| place(i, row))));
            assert!(order.eq(0..all.n_cells() as i64), "{parts:?}");
        }
    }

    #[derive(Default)]
    struct Kept(Vec<(usize, IndexBox, Vec<f64>)>);

    impl Collector<f64> for Kept {
        fn buffer(&mut self, _n: usize) -> Vec<f64> {
            vec![f64::NAN; 9]
        }

        fn take(&mut self, of: usize, piece: &IndexBox, values: Vec<f64>) {
            self.0.push((of, *piece, values));
        }
    }

    #[test]
    fn one_rank_collects_from_itself() {
        let mut array: Array<f64> = Array::new(IndexBox::new([-1, -1, -1], [5, 4, 3]), [0; 3], 0);
        array.set([3, 2, 1], 7.0);
        let part = IndexBox::new([3, 0, 0], [4, 3, 2]);
        let gathering = Gathering {
            members: &[0],
            piece_cells: PIECE_CELLS,
        };
        let mut kept = Kept::default();
        collect(&World::single(), gathering, |_| part, &array, &mut kept);
        assert_eq!(kept.0, vec![(0, part, vec![0.0, 0.0, 0.0, 0.0, 0.0, 7.0])]);
    }
}
