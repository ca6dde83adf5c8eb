//! The kernel: prepared coefficients, and what each stage does on a region.

use super::coefficient::Coefficient;
use super::limits;
use super::parameters::{FieldParameters, Parameters};
use super::refuse::{self, Allowed};
use super::slots::{FieldSlots, axis_key, lay_out};
use super::source::{Share, Source, shares};
use super::transport::{self, Update};
use crate::field::{Real, StageView};
use crate::grid::{Grid, Location, PerAxis, Tile};
use crate::kernels::{Declaration, Kernel, KernelError, Physics, Rates, StageCall};
use crate::numerics::formula::Formula;

/// Advection and diffusion as configured, before precision and tile are known.
#[derive(Debug)]
pub struct AdvectionDiffusion {
    pub parameters: Parameters,
}

impl Physics for AdvectionDiffusion {
    fn periodic(&self) -> PerAxis<bool> {
        self.parameters.periodic()
    }

    fn declaration(&self, grid: &Grid) -> Declaration {
        lay_out(&self.parameters, grid).0
    }

    fn numbers(&self) -> Vec<&'static str> {
        limits::NUMBERS.to_vec()
    }

    fn summary(&self) -> String {
        self.parameters.summary()
    }

    fn single(&self, grid: &Grid) -> Box<dyn Kernel<f32>> {
        Box::new(Transport::new(&self.parameters, grid))
    }

    fn double(&self, grid: &Grid) -> Box<dyn Kernel<f64>> {
        Box::new(Transport::new(&self.parameters, grid))
    }
}

/// A released density or point source of one field, ready for a tile.
#[derive(Debug)]
pub(super) enum PreparedSource<T> {
    Density(Coefficient<T>),
    Point { rate: Formula, shares: Vec<Share> },
}

/// The kernel in one precision.
#[derive(Debug)]
pub(super) struct Transport<T> {
    pub parameters: Parameters,
    pub declaration: Declaration,
    pub slots: Vec<FieldSlots>,
    pub grid: Grid,
    /// Wind through the lower faces, per axis; empty until prepared.
    pub wind: Vec<Coefficient<T>>,
    /// Diffusivity at the lower faces, per axis; empty until prepared.
    pub diffusivity: Vec<Coefficient<T>>,
    /// Sources per field; empty until prepared.
    pub sources: Vec<Vec<PreparedSource<T>>>,
    tile: Option<Tile>,
}

impl<T: Real> Transport<T> {
    fn new(parameters: &Parameters, grid: &Grid) -> Self {
        let (declaration, slots) = lay_out(parameters, grid);
        Transport {
            parameters: parameters.clone(),
            declaration,
            slots,
            grid: grid.clone(),
            wind: Vec::new(),
            diffusivity: Vec::new(),
            sources: Vec::new(),
            tile: None,
        }
    }

    /// Refuses a wind that is not finite and a diffusivity that is not finite or negative at `time`.
    pub(super) fn refuse_coefficients(&self, tile: &Tile, time: f64) -> Result<(), KernelError> {
        for axis in 0..3 {
            let Parameters { wind, diffusivity, .. } = &self.parameters;
            let key = axis_key("wind", axis);
            refuse::unless_allowed(&self.wind[axis], &key, &wind[axis], tile, time, Allowed::Finite)?;
            let key = axis_key("diffusivity", axis);
            let allowed = Allowed::NotNegative;
            refuse::unless_allowed(&self.diffusivity[axis], &key, &diffusivity[axis], tile, time, allowed)?;
        }
        Ok(())
    }

    fn prepare_sources(
        &self,
        field: &FieldParameters,
        tile: &Tile,
        start: f64,
    ) -> Result<Vec<PreparedSource<T>>, KernelError> {
        let key = format!("kernel.field.{}.source", field.name);
        field
            .sources
            .iter()
            .map(|source| match source {
                Source::Density(formula) => {
                    let density = Coefficient::new(formula, Location::CENTER, tile);
                    refuse::unless_allowed(&density, &key, formula, tile, start, Allowed::Finite)?;
                    Ok(PreparedSource::Density(density))
                }
                Source::Point { rate, at } => {
                    refuse::unless_point_is_inside(&tile.grid, &key, rate, *at, start)?;
                    Ok(PreparedSource::Point {
                        rate: rate.clone(),
                        shares: shares(&tile.grid, *at),
                    })
                }
            })
            .collect()
    }
}

impl<T: Real> Kernel<T> for Transport<T> {
    fn prepare(&mut self, tile: &Tile, start: f64) -> Result<(), KernelError> {
        for axis in 0..3 {
            let coefficient = |formula| Coefficient::new(formula, Location::face(axis), tile);
            self.wind.push(coefficient(&self.parameters.wind[axis]));
            self.diffusivity.push(coefficient(&self.parameters.diffusivity[axis]));
        }
        self.refuse_coefficients(tile, start)?;
        for field in &self.parameters.fields {
            let initial: Coefficient<T> = Coefficient::new(&field.initial, Location::CENTER, tile);
            let key = format!("kernel.field.{}.initial", field.name);
            refuse::unless_allowed(&initial, &key, &field.initial, tile, start, Allowed::Finite)?;
            refuse::unless_walls_are_finite(field, tile, start)?;
            let prepared = self.prepare_sources(field, tile, start)?;
            self.sources.push(prepared);
        }
        self.tile = Some(tile.clone());
        Ok(())
    }

    fn initialise(&self, call: &StageCall, view: &StageView<'_, T>) {
        let region = view.region();
        let grid = &self.grid;
        let (lo, hi) = (region.lo[0], region.hi[0]);
        let xs = grid.coordinates(0, Location::CENTER, lo, hi);
        let mut row = vec![0.0; xs.len()];
        for (field, slots) in self.parameters.fields.iter().zip(&self.slots) {
            let mut target = view.write(slots.turns[0][0].source);
            for (j, k) in region.rows() {
                let (y, z) = (
                    grid.coordinate(1, Location::CENTER, j),
                    grid.coordinate(2, Location::CENTER, k),
                );
                field.initial.evaluate_row(&xs, y, z, call.time, &mut row);
                let out = target.row_mut(j, k, lo, hi);
                out.iter_mut().zip(&row).for_each(|(to, &from)| *to = T::from_f64(from));
            }
            transport::fill_ghosts(self, field, &mut target, &region, call.time);
        }
    }

    fn run(&self, call: &StageCall, view: &StageView<'_, T>) {
        if view.region().is_empty() {
            return;
        }
        for field in 0..self.parameters.fields.len() {
            Update::new(self, call, field).run(view);
        }
    }

    fn rates(&self, time: f64) -> Result<Rates, KernelError> {
        let tile = self.tile.as_ref().expect("rates are asked for after prepare");
        limits::rates(self, tile, time)
    }

    fn rates_vary(&self) -> bool {
        self.wind
            .iter()
            .chain(&self.diffusivity)
            .any(Coefficient::varies_in_time)
    }
}
