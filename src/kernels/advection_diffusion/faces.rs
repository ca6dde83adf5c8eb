//! What passes the faces of one row of cells: inside, near walls, and at walls.

use super::coefficient::RowBuffer;
use super::excess::{add_to_both, excess_at, with_limited};
use super::ghosts;
use super::limited::{carry_excess, excess_along_row, excess_row};
use super::rows::{
    Faces, Stencil, add_cross_row, carry_fluxes, carry_row, cells_at, diffusive, divergence_along_row, flux_row,
};
use super::schemes::{FaceScheme, Scheme, with_scheme};
use super::scratch::{CoefficientRows, Work};
use super::transport::Update;
use super::walls::Wall;
use crate::field::{Real, RowReader};
use crate::grid::{IndexBox, PerAxis};

/// The faces of a block of rows of one field, in one stage.
pub(super) struct FaceRows<'a, T> {
    pub update: &'a Update<'a, T>,
    pub block: IndexBox,
    pub source: &'a RowReader<'a, T>,
}

/// A row of faces normal to y or z: coefficients, cells, and what kind of face they are.
pub(super) struct FaceRow<'a, T> {
    pub faces: Faces<'a, T>,
    pub stencil: Stencil<'a, T>,
    /// None at a wall, with the side of the grid.
    pub scheme: Result<FaceScheme, Side>,
}

/// A wall: at the upper end of its axis, or the lower.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub upper: bool,
}

impl<T: Real> FaceRows<'_, T> {
    /// Keeps what the lower faces of row (j, k) along `axis` say to the row, for [`FaceRows::across`].
    pub fn begin(
        &self,
        axis: usize,
        at: (i64, i64),
        place: usize,
        coefficients: &mut CoefficientRows<T>,
        work: &mut Work<T>,
    ) {
        let n = self.block.len(0);
        if self.update.is_limited {
            self.excess(axis, at, coefficients, &mut work.excess, &mut work.face);
            work.carried[axis - 1][place..][..n].copy_from_slice(&work.excess.above);
            work.carried_u[axis - 1][place..][..n].copy_from_slice(&work.excess.u);
        } else {
            let flux = &mut work.carried[axis - 1][place..][..n];
            self.fluxes(axis, at, coefficients, flux);
        }
    }

    /// Adds what passes the cells of a row along `axis` to the tendency: `at` is the row beyond their upper faces.
    pub fn across(
        &self,
        axis: usize,
        at: (i64, i64),
        place: usize,
        coefficients: &mut CoefficientRows<T>,
        work: &mut Work<T>,
    ) {
        let set = self.update.call.instructions;
        let n = self.block.len(0);
        let inverse = self.inverse(axis);
        if self.update.is_limited {
            self.excess(axis, at, coefficients, &mut work.excess, &mut work.face);
            let carried = &mut work.carried[axis - 1][place..][..n];
            let carried_u = &mut work.carried_u[axis - 1][place..][..n];
            carry_excess(
                set,
                &work.excess,
                inverse,
                carried,
                carried_u,
                &mut work.tendency,
                &mut work.sums,
            );
            return;
        }
        let carried = &mut work.carried[axis - 1][place..][..n];
        let has_cross = self.update.has_cross[axis];
        let row = self.row(
            axis,
            at,
            &mut coefficients.wind[axis],
            &mut coefficients.diffusivity[axis],
        );
        match row.scheme {
            Ok(scheme) if !has_cross => {
                with_scheme!(scheme, |s| carry_row(
                    set,
                    s,
                    row.stencil,
                    row.faces,
                    carried,
                    &mut work.tendency
                ));
            }
            _ => {
                let flux = &mut work.face[..n];
                self.fluxes(axis, at, coefficients, flux);
                carry_fluxes(set, flux, inverse, carried, &mut work.tendency);
            }
        }
    }

    /// The fluxes through the x faces of row (j, k), or what they say to the cells on both sides.
    pub fn along(&self, j: i64, k: i64, coefficients: &mut CoefficientRows<T>, work: &mut Work<T>) {
        let update = self.update;
        let set = update.call.instructions;
        let kernel = update.kernel;
        let grid = &kernel.grid;
        let (lo, hi) = (self.block.lo[0], self.block.hi[0]);
        let n = (hi - lo) as usize;
        let wind = kernel.wind(update.index, 0);
        let u = wind.row(grid, (j, k), (lo, hi + 1), update.time, &mut coefficients.wind[0]);
        let diffusivity = kernel.diffusivity(0);
        let kx = diffusivity.row(
            grid,
            (j, k),
            (lo, hi + 1),
            update.time,
            &mut coefficients.diffusivity[0],
        );
        let inverse = self.inverse(0);
        let faces = Faces {
            u,
            k: kx,
            inverse_spacing: inverse,
        };
        let reach = self.reach(0);
        let q = self.source.row(j, k, lo - reach, hi + reach);
        let shifted = |m: i64| &q[(m.clamp(-reach, reach - 1) + reach) as usize..][..n + 1];
        let stencil: Stencil<'_, T> = [
            shifted(-3),
            shifted(-2),
            shifted(-1),
            shifted(0),
            shifted(1),
            shifted(2),
        ];
        let scheme = self.scheme(0, i64::MAX);
        if update.is_limited {
            let excess = &mut work.x_excess;
            with_limited!(scheme, |s| excess_row(set, s, stencil, faces, excess));
            for (i, scheme) in self.near_walls() {
                let flux = self.diffusive_flux(&faces, &stencil, i);
                excess_at(scheme, cells_at(&stencil, i), u[i], flux, excess, i);
            }
            if update.has_cross[0] {
                let cross = &mut work.face[..n + 1];
                cross.fill(T::ZERO);
                self.add_cross(0, (j, k), (lo, hi + 1), coefficients, cross);
                add_to_both(set, cross, excess);
            }
        } else {
            with_scheme!(scheme, |s| flux_row(set, s, stencil, faces, &mut work.x));
            for (i, scheme) in self.near_walls() {
                let advective = with_scheme!(scheme, |s| Scheme::flux(s, cells_at(&stencil, i), u[i]));
                work.x[i] = advective + self.diffusive_flux(&faces, &stencil, i);
            }
            if update.has_cross[0] {
                self.add_cross(0, (j, k), (lo, hi + 1), coefficients, &mut work.x);
            }
        }
        self.end_at_walls((j, k), coefficients, work);
    }

    /// Begins the tendency of a row with what passes its x faces; none of them where nothing passes any.
    pub fn begin_tendency(&self, has_flux: bool, work: &mut Work<T>) {
        let set = self.update.call.instructions;
        if !has_flux {
            work.tendency.fill(T::ZERO);
            work.sums.divergence.fill(T::ZERO);
            work.sums.size.fill(T::ZERO);
        } else if self.update.is_limited {
            excess_along_row(set, &work.x_excess, self.inverse(0), &mut work.tendency, &mut work.sums);
        } else {
            divergence_along_row(set, &work.x, self.inverse(0), &mut work.tendency);
        }
    }

    /// The scheme at an inner face of `axis` (y or z); none at a wall.
    pub(super) fn inner_scheme(&self, axis: usize, face: i64) -> Option<FaceScheme> {
        match self.side_of(axis, face) {
            Some(_) => None,
            None => Some(self.scheme(axis, self.cells_beside(axis, face))),
        }
    }

    /// Puts the walls' fluxes through the first and last x face of row (j, k), where these are walls.
    fn end_at_walls(&self, (j, k): (i64, i64), coefficients: &mut CoefficientRows<T>, work: &mut Work<T>) {
        let update = self.update;
        let kernel = update.kernel;
        let (lo, hi) = (self.block.lo[0], self.block.hi[0]);
        for upper in [false, true] {
            let (face, cell) = if upper { (hi, hi - 1) } else { (lo, lo) };
            if self.side_of(0, face).is_none_or(|side| side.upper != upper) {
                continue;
            }
            let range = (face, face + 1);
            let wind = kernel.wind(update.index, 0);
            let u = wind.row(&kernel.grid, (j, k), range, update.time, &mut coefficients.wind[0])[0];
            let diffusivity = kernel.diffusivity(0);
            let kx = diffusivity.row(
                &kernel.grid,
                (j, k),
                range,
                update.time,
                &mut coefficients.diffusivity[0],
            )[0];
            let given = self.given(0, upper, [face, j, k]);
            let q = self.source.row(j, k, cell, cell + 1)[0];
            let i = (face - lo) as usize;
            let wall = self.wall(0, upper);
            let flux = wall.flux(upper, q, u, kx, given, self.inverse(0));
            if update.is_limited {
                let u = wall.carrying(u);
                let excess = flux - u * q;
                (work.x_excess.below[i], work.x_excess.above[i], work.x_excess.u[i]) = (excess, excess, u);
            } else {
                work.x[i] = flux;
            }
        }
    }

    /// The inner x faces of the block that are so near a wall that they have a scheme of their own.
    fn near_walls(&self) -> impl Iterator<Item = (usize, FaceScheme)> {
        let grid = &self.update.kernel.grid;
        let (lo, hi) = (self.block.lo[0], self.block.hi[0]);
        let end = grid.cells[0] as i64;
        let reach = self.reach(0);
        let is_walled = !grid.periodic[0] && reach > 1;
        let lower = if is_walled {
            lo.max(1)..(hi + 1).min(reach).min(end)
        } else {
            0..0
        };
        let upper = if is_walled {
            lo.max(end - reach + 1).max(lower.end).max(1)..(hi + 1).min(end)
        } else {
            0..0
        };
        lower
            .chain(upper)
            .map(move |face| ((face - lo) as usize, self.scheme(0, face.min(end - face))))
    }

    /// Fluxes through a row of faces normal to y or z.
    fn fluxes(&self, axis: usize, at: (i64, i64), coefficients: &mut CoefficientRows<T>, flux: &mut [T]) {
        let set = self.update.call.instructions;
        let row = self.row(
            axis,
            at,
            &mut coefficients.wind[axis],
            &mut coefficients.diffusivity[axis],
        );
        match row.scheme {
            Ok(scheme) => {
                with_scheme!(scheme, |s| flux_row(set, s, row.stencil, row.faces, flux));
                if self.update.has_cross[axis] {
                    self.add_cross(axis, at, (self.block.lo[0], self.block.hi[0]), coefficients, flux);
                }
            }
            Err(Side { upper }) => {
                let q = row.stencil[if upper { 2 } else { 3 }];
                let (u, k) = (row.faces.u, row.faces.k);
                for (n, flux) in flux.iter_mut().enumerate() {
                    let given = self.given(axis, upper, [self.block.lo[0] + n as i64, at.0, at.1]);
                    *flux = self
                        .wall(axis, upper)
                        .flux(upper, q[n], u[n], k[n], given, row.faces.inverse_spacing);
                }
            }
        }
    }

    /// The faces of `axis` (y or z) that are the lower ones of row (j, k).
    pub(super) fn row<'r>(
        &'r self,
        axis: usize,
        (j, k): (i64, i64),
        wind_row: &'r mut RowBuffer<T>,
        diffusivity_row: &'r mut RowBuffer<T>,
    ) -> FaceRow<'r, T> {
        let update = self.update;
        let kernel = update.kernel;
        let grid = &kernel.grid;
        let (lo, hi) = (self.block.lo[0], self.block.hi[0]);
        let wind = kernel.wind(update.index, axis);
        let u = wind.row(grid, (j, k), (lo, hi), update.time, wind_row);
        let diffusivity = kernel.diffusivity(axis);
        let kd = diffusivity.row(grid, (j, k), (lo, hi), update.time, diffusivity_row);
        let face = if axis == 1 { j } else { k };
        let side = self.side_of(axis, face);
        let scheme = match side {
            Some(side) => Err(side),
            None => Ok(self.scheme(axis, self.cells_beside(axis, face))),
        };
        // Rows that the scheme does not read may lie outside what is declared.
        let (below, above) = match scheme {
            Err(Side { upper: false }) => (0, 0),
            Err(Side { upper: true }) => (-1, -1),
            Ok(_) => {
                let reach = self.reach(axis).min(self.cells_beside(axis, face));
                (-reach, reach - 1)
            }
        };
        let at = |m: i64| {
            let (dj, dk) = if axis == 1 { (m, 0) } else { (0, m) };
            self.source.row(j + dj, k + dk, lo, hi)
        };
        let mut stencil = [at(below); 6];
        for m in below + 1..=above {
            stencil[(m + 3) as usize] = at(m);
        }
        FaceRow {
            faces: Faces {
                u,
                k: kd,
                inverse_spacing: self.inverse(axis),
            },
            stencil,
            scheme,
        }
    }

    /// Adds the fluxes through the lower faces along `axis` of the cells `[lo, hi)` of row (j, k) that gradients along the
    /// other axes drive.
    pub(super) fn add_cross(
        &self,
        axis: usize,
        (j, k): (i64, i64),
        (lo, hi): (i64, i64),
        coefficients: &mut CoefficientRows<T>,
        flux: &mut [T],
    ) {
        let kernel = self.update.kernel;
        let at = |shifts: &[(usize, i64)]| {
            let mut offset = [0; 3];
            shifts.iter().for_each(|&(axis, by)| offset[axis] += by);
            let [i, dj, dk] = offset;
            self.source.row(j + dj, k + dk, lo + i, hi + i)
        };
        for other in (0..3).filter(|&other| other != axis) {
            let Some(cross) = kernel.cross(axis, other) else {
                continue;
            };
            let row = cross.row(
                &kernel.grid,
                (j, k),
                (lo, hi),
                self.update.time,
                &mut coefficients.cross,
            );
            let around = [
                at(&[(axis, -1), (other, 1)]),
                at(&[(other, 1)]),
                at(&[(axis, -1), (other, -1)]),
                at(&[(other, -1)]),
            ];
            let quarter = T::from_f64(0.25 / kernel.grid.spacing[other]);
            add_cross_row(self.update.call.instructions, row, around, quarter, flux);
        }
    }

    fn diffusive_flux(&self, faces: &Faces<'_, T>, stencil: &Stencil<'_, T>, i: usize) -> T {
        diffusive(stencil[2][i], stencil[3][i], faces.k[i], faces.inverse_spacing)
    }

    pub(super) fn inverse(&self, axis: usize) -> T {
        T::from_f64(1.0 / self.update.kernel.grid.spacing[axis])
    }

    /// Cells that the flux along `axis` reads on each side of a face, away from walls.
    fn reach(&self, axis: usize) -> i64 {
        self.update.terms[axis]
            .advection
            .map_or(1, |advection| advection.reach())
    }

    /// The scheme at a face with so many cells beside it.
    fn scheme(&self, axis: usize, cells_beside: i64) -> FaceScheme {
        let advection = self.update.terms[axis].advection;
        advection.map_or(FaceScheme::Still, |advection| advection.at_face(cells_beside))
    }

    /// Cells between a face and the nearest wall of its axis.
    fn cells_beside(&self, axis: usize, face: i64) -> i64 {
        let grid = &self.update.kernel.grid;
        match grid.periodic[axis] {
            true => i64::MAX,
            false => face.min(grid.cells[axis] as i64 - face),
        }
    }

    /// Which wall face `face` of `axis` belongs to.
    fn side_of(&self, axis: usize, face: i64) -> Option<Side> {
        let grid = &self.update.kernel.grid;
        let is_wall = !grid.periodic[axis] && (face == 0 || face == grid.cells[axis] as i64);
        is_wall.then_some(Side { upper: face != 0 })
    }

    pub(super) fn wall(&self, axis: usize, upper: bool) -> &Wall {
        &self.update.field.walls[axis][usize::from(upper)]
    }

    /// The value, flux, inflow or deposition velocity of a wall at one of its faces; 0 where the wall has none.
    pub(super) fn given(&self, axis: usize, upper: bool, face: PerAxis<i64>) -> T {
        ghosts::given(
            self.update.kernel,
            self.update.field,
            axis,
            upper,
            face,
            self.update.time,
        )
    }
}
