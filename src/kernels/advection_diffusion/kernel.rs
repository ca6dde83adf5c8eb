//! The kernel: prepared coefficients, and what each stage does on a region.

use super::coefficient::Coefficient;
use super::divergence::{Divergence, divergence};
use super::ghosts;
use super::initial::Initial;
use super::limits;
use super::parameters::{FaceMean, FieldParameters, Parameters, Wind};
use super::refuse::{self, Allowed};
use super::remarks::on_divergence;
use super::rule::Rule;
use super::scratch::Pool;
use super::shares::Shares;
use super::slots::{FieldSlots, axis_key, lay_out};
use super::source::Source;
use super::transport::{Update, plain_heat};
use super::walls::Wall;
use crate::field::{Real, StageView};
use crate::grid::{Grid, Location, PerAxis, Tile};
use crate::kernels::{Declaration, Kernel, KernelError, Physics, Rates, Remark, StageCall, StepChoice};
use crate::numerics::formula::{Formula, Variable};
use crate::numerics::runge_kutta::Stage;

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

    fn fitted(&self, step: &StepChoice, rates: &Rates) -> Result<Option<Box<dyn Physics>>, KernelError> {
        if !self.parameters.fits_stages {
            return Ok(None);
        }
        let stepper = limits::fitting_stages(rates, self.parameters.stepper, step.dt).ok_or_else(|| KernelError {
            key: "kernel.stepper".to_string(),
            message: "\"rkl2\" has as many stages as its step needs, but nothing says how long a step is to be; give \
                      `time.dt`, or the number of `stages`"
                .to_string(),
            place: None,
        })?;
        let parameters = Parameters {
            stepper,
            fits_stages: false,
            ..self.parameters.clone()
        };
        Ok(Some(Box::new(AdvectionDiffusion { parameters })))
    }

    fn remarks(&self, measures: &[f64], span: Option<f64>) -> Vec<Remark> {
        match *measures {
            [largest, gradient, rounding] => {
                let found = Divergence {
                    largest,
                    gradient,
                    rounding,
                };
                on_divergence(&found, span).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn single(&self, grid: &Grid) -> Box<dyn Kernel<f32>> {
        Box::new(Transport::new(&self.parameters, grid))
    }

    fn double(&self, grid: &Grid) -> Box<dyn Kernel<f64>> {
        Box::new(Transport::new(&self.parameters, grid))
    }
}

/// A source of one field, ready for a tile.
#[derive(Debug)]
pub(super) enum PreparedSource<T> {
    Density(Coefficient<T>),
    /// Amount per time, shared among cells.
    Shared {
        rate: Formula,
        shares: Shares,
    },
}

/// The kernel in one precision.
#[derive(Debug)]
pub(super) struct Transport<T> {
    pub parameters: Parameters,
    pub declaration: Declaration,
    pub slots: Vec<FieldSlots>,
    pub stages: Vec<Stage>,
    /// Per field: whether it is updated by the plain heat equation's loop.
    pub plain_heat: Vec<bool>,
    pub grid: Grid,
    /// Wind through the lower faces, per axis; empty until prepared.
    wind: Vec<Coefficient<T>>,
    /// Velocity along the last axis of each field that settles; empty until prepared.
    settled: Vec<Option<Coefficient<T>>>,
    /// `[axis][other]`: the entry of the diffusivity at the lower faces of `axis`; empty until prepared.
    diffusivity: Vec<Vec<Coefficient<T>>>,
    /// Sources per field; empty until prepared.
    pub sources: Vec<Vec<PreparedSource<T>>>,
    pub scratch: Pool<T>,
    tile: Option<Tile>,
}

impl<T: Real> Transport<T> {
    pub(super) fn new(parameters: &Parameters, grid: &Grid) -> Self {
        let (declaration, slots) = lay_out(parameters, grid);
        Transport {
            parameters: parameters.clone(),
            declaration,
            slots,
            stages: parameters.stepper.stages(),
            plain_heat: (0..parameters.fields.len())
                .map(|field| plain_heat(parameters, grid, field))
                .collect(),
            grid: grid.clone(),
            wind: Vec::new(),
            settled: Vec::new(),
            diffusivity: Vec::new(),
            sources: Vec::new(),
            scratch: Pool::default(),
            tile: None,
        }
    }

    /// Velocity with which the wind carries field number `field` through the lower faces of `axis`, m/s: less its
    /// settling velocity along the last axis.
    pub(super) fn wind(&self, field: usize, axis: usize) -> &Coefficient<T> {
        match &self.settled[field] {
            Some(settled) if axis == self.parameters.dims - 1 => settled,
            _ => &self.wind[axis],
        }
    }

    /// Velocity of the air through the lower faces of `axis`, m/s.
    pub(super) fn air(&self, axis: usize) -> &Coefficient<T> {
        &self.wind[axis]
    }

    /// Diffusivity along `axis` at its lower faces, m2/s.
    pub(super) fn diffusivity(&self, axis: usize) -> &Coefficient<T> {
        &self.diffusivity[axis][axis]
    }

    /// The diffusivity with which a gradient along `other` causes a flux through the lower faces of `axis`, m2/s: none
    /// where it is always zero, or one of the axes inactive.
    pub(super) fn cross(&self, axis: usize, other: usize) -> Option<&Coefficient<T>> {
        let is_active = self.grid.is_active(axis) && self.grid.is_active(other);
        let entry = &self.diffusivity[axis][other];
        (axis != other && is_active && !entry.is_zero()).then_some(entry)
    }

    /// Whether ghosts are read.
    pub(super) fn has_ghosts(&self) -> bool {
        !self.declaration.ghosts.is_none()
    }

    fn coefficients(&self) -> impl Iterator<Item = &Coefficient<T>> {
        let settled = self.settled.iter().flatten();
        self.wind.iter().chain(settled).chain(self.diffusivity.iter().flatten())
    }

    /// Whether wind and diffusivity are the same everywhere at any one time.
    pub(super) fn is_uniform_in_space(&self) -> bool {
        self.coefficients().all(Coefficient::is_uniform_in_space)
    }

    fn prepare_coefficients(&mut self, tile: &Tile) {
        let Parameters {
            diffusivity, fields, ..
        } = &self.parameters;
        let coefficient = |rule: Rule| Coefficient::new(&rule, tile);
        self.wind = (0..3)
            .map(|axis| coefficient(self.parameters.wind_rule(axis)))
            .collect();
        self.settled = (0..fields.len())
            .map(|field| self.parameters.settled_rule(field).map(coefficient))
            .collect();
        self.diffusivity = (0..3)
            .map(|axis| (0..3).map(|other| coefficient(diffusivity.rule(axis, other))).collect())
            .collect();
    }

    /// Refuses a wind that is not finite or has a seam, and a diffusivity that is not finite or negative at `time`.
    pub(super) fn refuse_coefficients(&self, tile: &Tile, time: f64) -> Result<(), KernelError> {
        for axis in 0..3 {
            let key = self.parameters.wind_key(axis);
            refuse::unless_allowed(&self.wind[axis], &key, tile, time, Allowed::Finite)?;
            let key = axis_key("diffusivity", axis);
            refuse::unless_allowed(self.diffusivity(axis), &key, tile, time, Allowed::NotNegative)?;
            if self.parameters.diffusivity.mean != FaceMean::Sampled {
                // A mean can hide a cell with a wrong value.
                let formula = self.parameters.diffusivity.tensor[axis][axis].clone();
                let centres = Rule::at(formula, Location::CENTER);
                refuse::unless_rule_allowed(&centres, &key, tile, time, Allowed::NotNegative)?;
            }
            for cross in (0..3).filter_map(|other| self.cross(axis, other)) {
                refuse::unless_allowed(cross, &key, tile, time, Allowed::Finite)?;
            }
        }
        if let Wind::Stream(psi) = &self.parameters.wind {
            refuse::unless_seamless(psi, tile, time)?;
        }
        refuse::unless_definite(&self.parameters.diffusivity, tile, time)?;
        for (field, settled) in self.parameters.fields.iter().zip(&self.settled) {
            if let Some(settled) = settled {
                let key = format!("kernel.field.{}.settling", field.name);
                refuse::unless_allowed(settled, &key, tile, time, Allowed::Finite)?;
            }
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
                    let density = Coefficient::new(&Rule::at(formula.clone(), Location::CENTER), tile);
                    refuse::unless_allowed(&density, &key, tile, start, Allowed::Finite)?;
                    Ok(PreparedSource::Density(density))
                }
                Source::Point { rate, .. } | Source::Box { rate, .. } | Source::Ball { rate, .. } => {
                    refuse::unless_source_is_inside(&tile.grid, &key, source, start)?;
                    Ok(PreparedSource::Shared {
                        rate: rate.clone(),
                        shares: Shares::new(source, tile),
                    })
                }
            })
            .collect()
    }
}

impl<T: Real> Kernel<T> for Transport<T> {
    fn prepare(&mut self, tile: &Tile, start: f64) -> Result<(), KernelError> {
        self.prepare_coefficients(tile);
        self.refuse_coefficients(tile, start)?;
        for field in &self.parameters.fields {
            refuse::unless_initial_is_finite::<T>(field, tile)?;
            refuse::unless_walls_are_sound(field, tile, start)?;
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
        let mut row = vec![0.0; region.len(0)];
        for (field, slots) in self.parameters.fields.iter().zip(&self.slots) {
            let mut target = view.write(slots.turns[0][0].source);
            let mut initial = Initial::new(field, grid, (lo, hi));
            for (j, k) in region.rows() {
                initial.row((j, k), &mut row);
                let out = target.row_mut(j, k, lo, hi);
                out.iter_mut().zip(&row).for_each(|(to, &from)| *to = T::from_f64(from));
            }
            if self.has_ghosts() {
                ghosts::fill(self, field, &mut target, &region, call.time);
            }
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
        let walls = self
            .parameters
            .fields
            .iter()
            .flat_map(|field| field.walls.iter().flatten());
        let takes_up = |wall: &Wall| matches!(wall, Wall::Deposition(velocity) if velocity.depends_on(Variable::T));
        self.coefficients().any(Coefficient::varies_in_time) || walls.into_iter().any(takes_up)
    }

    fn measures(&self, time: f64) -> Vec<f64> {
        let tile = self.tile.as_ref().expect("measures are asked for after prepare");
        let found = divergence(self, tile, time);
        vec![found.largest, found.gradient, found.rounding]
    }
}
