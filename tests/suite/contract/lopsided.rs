//! A kernel made for these tests: it reads on one side only, corners included, so that the two rules of order (flow and
//! reuse) bind separately, and it adds up what it saw.

use super::execution::{Order, Problem};
use simrun::field::{Read, Role, Scalar, Shape, SlotId, SlotSpec, StageView};
use simrun::grid::{Grid, Location, Reach, Tile};
use simrun::kernels::{Declaration, Kernel, KernelError, Phase, Rates, StageCall, StageSpec};
use simrun::numerics::instructions::InstructionSet;

/// `out(i, j) = (q(i, j) + q(i-1, j-1)) / 2 + dt i`, walls along x, periodic along y.
struct Lopsided;

/// Cells of the grid.
const CELLS: [usize; 3] = [11, 6, 1];

const SEEN: SlotId = SlotId(2);

impl Kernel<f64> for Lopsided {
    fn prepare(&mut self, _: &Tile, _: f64) -> Result<(), KernelError> {
        Ok(())
    }

    fn initialise(&self, _: &StageCall, view: &StageView<'_, f64>) {
        let region = view.region();
        let mut q = view.write(SlotId(0));
        for (j, k) in region.rows() {
            // A copy beyond a joined end starts as its original does.
            let original = j.rem_euclid(CELLS[1] as i64);
            for i in region.lo[0]..region.hi[0] {
                q.row_mut(j, k, i, i + 1)[0] = (i * i + 3 * original) as f64;
            }
            if region.lo[0] == 0 {
                q.row_mut(j, k, -1, 0)[0] = q.row(j, k, 0, 1)[0];
            }
        }
    }

    fn run(&self, call: &StageCall, view: &StageView<'_, f64>) {
        let region = view.region();
        let from = (call.step % 2) as usize;
        let q = view.read(SlotId(from));
        let mut out = view.write(SlotId(1 - from));
        let mut seen = view.write_double(SEEN);
        for (j, k) in region.rows() {
            let (lo, hi) = (region.lo[0], region.hi[0]);
            let (here, there) = (q.row(j, k, lo, hi), q.row(j - 1, k, lo - 1, hi - 1));
            for (n, i) in (lo..hi).enumerate() {
                let value = 0.5 * (here[n] + there[n]) + call.dt * i as f64;
                out.row_mut(j, k, i, i + 1)[0] = value;
                if call.owned.contains([i, j, k]) {
                    seen.row_mut(j, k, i, i + 1)[0] += value;
                }
            }
            if lo == 0 {
                out.row_mut(j, k, -1, 0)[0] = out.row(j, k, 0, 1)[0];
            }
        }
    }

    fn rates(&self, _: f64) -> Result<Rates, KernelError> {
        Ok(Rates {
            terms: Vec::new(),
            total: 0.0,
        })
    }

    fn rates_vary(&self) -> bool {
        false
    }
}

/// The kernel on a small grid, truthfully declared.
pub fn problem() -> Problem<'static, f64> {
    let slot = |name: &str, scalar, role| SlotSpec {
        name: name.into(),
        location: Location::CENTER,
        scalar,
        role,
        domain: None,
    };
    let reach = Reach {
        lo: [1, 1, 0],
        hi: [0; 3],
    };
    let phase = |from: usize| Phase {
        stages: vec![StageSpec {
            name: "lopsided",
            reads: vec![
                Read {
                    slot: SlotId(from),
                    reach,
                    shape: Shape::Box,
                },
                Read::at_cell(SEEN),
            ],
            writes: vec![SlotId(1 - from), SEEN],
        }],
        live: vec![SlotId(from)],
    };
    let declaration = Declaration {
        gauges: None,
        slots: vec![
            slot("even", Scalar::Real, Role::State),
            slot("odd", Scalar::Real, Role::State),
            slot("seen", Scalar::Double, Role::Accumulator),
        ],
        fields: Vec::new(),
        initial: StageSpec {
            name: "initial",
            reads: Vec::new(),
            writes: vec![SlotId(0)],
        },
        phases: vec![phase(0), phase(1)],
        totals: Vec::new(),
        ghosts: Reach {
            lo: [1, 0, 0],
            hi: [0; 3],
        },
        n_coefficient_arrays: 0,
        layers_at_once: 1,
    };
    declaration.check();
    Problem {
        dt: None,
        grid: Grid {
            cells: CELLS,
            dims: 2,
            spacing: [1.0; 3],
            origin: [0.0; 3],
            periodic: [false, true, false],
        },
        declaration,
        order: Order::LEGAL,
        kernel: &|| Box::new(Lopsided),
        instructions: InstructionSet::Baseline,
    }
}
