//! Brings the tiles of a slot to rank 0, one piece at a time.

use super::transferable::Transferable;
use super::world::World;
use crate::field::Array;
use crate::grid::{Decomposition, IndexBox};
use mpi::traits::{Communicator, Destination, Source};

/// Cells of the largest piece: bounds the memory that rank 0 needs.
const PIECE_CELLS: usize = 4 << 20;
/// Tag of collected pieces: above those of halo exchanges, whose numbers are small.
const TAG: i32 = 30_000;

/// Calls `take(box, values)` on rank 0 for pieces that together cover what the ranks own of `domain`, last nodes included,
/// x fastest. The other ranks send theirs. All ranks must call it, with the same domain.
pub fn collect<T: Transferable>(
    world: &World,
    decomposition: &Decomposition,
    domain: &IndexBox,
    array: &Array<T>,
    mut take: impl FnMut(&IndexBox, &[T]),
) {
    let part = |rank| decomposition.grid.owned_part(&decomposition.owned(rank), domain);
    let mut buffer = Vec::new();
    if !world.is_root() {
        let communicator = world.communicator().expect("rank 0 is not alone");
        for piece in pieces(&part(world.rank())) {
            buffer.clear();
            array.pack(&piece, &mut buffer);
            communicator.process_at_rank(0).send_with_tag(&buffer[..], TAG);
        }
        return;
    }
    for rank in 0..world.size() {
        for piece in pieces(&part(rank)) {
            buffer.clear();
            if rank == 0 {
                array.pack(&piece, &mut buffer);
            } else {
                let communicator = world.communicator().expect("there is another rank");
                buffer.resize(piece.n_cells(), T::default());
                communicator
                    .process_at_rank(rank as i32)
                    .receive_into_with_tag(&mut buffer[..], TAG);
            }
            take(&piece, &buffer);
        }
    }
}

/// A box as pieces of bounded size: whole planes, or whole rows of a plane that is too large.
fn pieces(all: &IndexBox) -> Vec<IndexBox> {
    if all.is_empty() {
        return Vec::new();
    }
    let n_slabs = all.n_cells().div_ceil(PIECE_CELLS).min(all.len(2));
    (0..n_slabs)
        .flat_map(|part| {
            let slab = all.split(2, n_slabs, part);
            let n_strips = slab.n_cells().div_ceil(PIECE_CELLS).min(slab.len(1));
            (0..n_strips).map(move |strip| slab.split(1, n_strips, strip))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Array;
    use crate::grid::Grid;

    #[test]
    fn pieces_are_bounded_and_cover_everything_once() {
        for size in [[7, 5, 3], [5000, 3000, 2], [300, 200, 100]] {
            let all = IndexBox::from_size(size);
            let parts = pieces(&all);
            assert_eq!(parts.iter().map(IndexBox::n_cells).sum::<usize>(), all.n_cells());
            assert!(
                parts
                    .iter()
                    .all(|p| p.n_cells() <= PIECE_CELLS + size[0] * size[1].max(1))
            );
        }
    }

    #[test]
    fn one_rank_collects_from_itself_within_the_domain() {
        let grid = Grid {
            cells: [4, 3, 2],
            dims: 3,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false; 3],
        };
        let mut array: Array<f64> = Array::new(IndexBox::new([-1, -1, -1], [5, 4, 3]), [0; 3], 0);
        array.set([3, 2, 1], 7.0);
        let decomposition = Decomposition {
            grid,
            topology: [1, 1, 1],
        };
        let domain = IndexBox::new([3, 0, 0], [4, 3, 2]);
        let mut got = Vec::new();
        collect(&World::single(), &decomposition, &domain, &array, |b, v| {
            got.push((*b, v.to_vec()))
        });
        assert_eq!(got, vec![(domain, vec![0.0, 0.0, 0.0, 0.0, 0.0, 7.0])]);
    }
}
