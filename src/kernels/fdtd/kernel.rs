//! The kernel: what is known of a configuration before and after its tile, and what the two stages do.

use super::absorber::Layer;
use super::energy;
use super::initial;
use super::parameters::{Fitted, Parameters};
use super::plane_wave::Timing;
use super::prepared::Prepared;
use super::representative::index_at_wall;
use super::scenery;
use super::slots::{Slots, lay_out};
use super::stability::largest_stable_dt;
use super::sweep::Sweep;
use super::walls::Wall;
use crate::field::{ExactSum, Real, StageView};
use crate::grid::{Grid, PerAxis, Tile};
use crate::kernels::{Declaration, Kernel, KernelError, Physics, Rate, Rates, Scenery, Section, StageCall, StepChoice};
use std::sync::Arc;

/// Maxwell's equations as configured, before precision and tile are known.
#[derive(Debug)]
pub struct Fdtd {
    pub parameters: Parameters,
}

/// What limits dt, and the number that the history shows.
const LIMIT: (&str, &str) = ("the speed of light", "courant");

impl Physics for Fdtd {
    fn periodic(&self) -> PerAxis<bool> {
        self.parameters.periodic()
    }

    fn declaration(&self, grid: &Grid) -> Declaration {
        lay_out(&self.parameters, grid).0
    }

    fn numbers(&self) -> Vec<&'static str> {
        vec![LIMIT.1]
    }

    fn summary(&self) -> String {
        self.parameters.summary()
    }

    /// Every step has the same length, which the coefficients of losses, poles and layers depend on.
    fn fitted(&self, step: &StepChoice, rates: &Rates) -> Result<Option<Box<dyn Physics>>, KernelError> {
        let dt = step.dt.unwrap_or(step.cfl / rates.total);
        let mut parameters = self.parameters.clone();
        let Parameters {
            grid,
            geometry,
            vacuum,
            start,
            ..
        } = &parameters;
        let timing = Timing { start: *start, dt };
        let waves = parameters.waves.iter();
        let waves = waves.map(|incoming| incoming.wave(grid, geometry, vacuum, timing).map(Arc::new));
        let waves = waves.collect::<Result<Vec<_>, _>>().map_err(|refusal| KernelError {
            key: "kernel.source".to_string(),
            message: format!("{}; {}", refusal.message, refusal.help),
            place: None,
        })?;
        parameters.fitted = Some(Fitted {
            dt,
            layers: layers(&parameters, dt),
            waves,
        });
        Ok(Some(Box::new(Fdtd { parameters })))
    }

    fn fixed_dt(&self) -> Option<f64> {
        self.parameters.fitted.as_ref().map(|fitted| fitted.dt)
    }

    fn scenery(&self) -> Option<Scenery> {
        Some(scenery::scenery(&self.parameters))
    }

    fn section(&self, normal: usize) -> Option<Section> {
        Some(scenery::section(&self.parameters, normal))
    }

    fn single(&self, grid: &Grid) -> Box<dyn Kernel<f32>> {
        Box::new(Maxwell::new(&self.parameters, grid))
    }

    fn double(&self, grid: &Grid) -> Box<dyn Kernel<f64>> {
        Box::new(Maxwell::new(&self.parameters, grid))
    }
}

/// The absorbing layers for steps of `dt`.
fn layers(parameters: &Parameters, dt: f64) -> PerAxis<[Option<Layer>; 2]> {
    let grid = &parameters.grid;
    [0, 1, 2].map(|axis| {
        [0, 1].map(|side| match &parameters.walls[axis][side] {
            Wall::Cpml(choice) => {
                let speed = parameters.vacuum.light_speed / index_at_wall(&parameters.geometry, grid, axis, side);
                let courant = speed * dt / grid.spacing[axis];
                let grading = choice.grading(courant.min(1.0));
                Some(Layer::new(grading, side == 1, grid.cells[axis], courant))
            }
            _ => None,
        })
    })
}

/// The kernel in one precision.
#[derive(Debug)]
pub(super) struct Maxwell<T> {
    parameters: Parameters,
    slots: Slots,
    /// 1/s: of the longest stable step on the tile; known once prepared.
    rate: f64,
    prepared: Option<Prepared<T>>,
}

impl<T: Real> Maxwell<T> {
    fn new(parameters: &Parameters, grid: &Grid) -> Self {
        Maxwell {
            parameters: parameters.clone(),
            slots: lay_out(parameters, grid).1,
            rate: 0.0,
            prepared: None,
        }
    }

    fn prepared(&self) -> &Prepared<T> {
        self.prepared
            .as_ref()
            .expect("a kernel is fitted and prepared before it is run")
    }
}

impl<T: Real> Kernel<T> for Maxwell<T> {
    fn prepare(&mut self, tile: &Tile, _start: f64) -> Result<(), KernelError> {
        let Parameters { geometry, vacuum, .. } = &self.parameters;
        self.rate = 1.0 / largest_stable_dt(geometry.used_materials(), &tile.grid, vacuum);
        if self.parameters.fitted.is_some() {
            self.prepared = Some(Prepared::new(&self.parameters, &self.slots, tile));
        }
        Ok(())
    }

    fn initialise(&self, _call: &StageCall, view: &StageView<'_, T>) {
        initial::initialise(&self.parameters, self.prepared(), &self.slots, view);
    }

    fn run(&self, call: &StageCall, view: &StageView<'_, T>) {
        if view.region().is_empty() {
            return;
        }
        Sweep::new(&self.parameters, self.prepared(), &self.slots, call, view).run();
    }

    fn gauge(&self, _call: &StageCall, view: &StageView<'_, T>, sums: &mut [ExactSum]) {
        energy::add(self.prepared(), &self.slots, view, &mut sums[0]);
    }

    fn rates(&self, _time: f64) -> Result<Rates, KernelError> {
        let (term, number) = LIMIT;
        Ok(Rates {
            terms: vec![Rate {
                term,
                number,
                value: self.parameters.courant_rate(),
                limit: self.rate,
            }],
            total: self.rate,
        })
    }

    fn rates_vary(&self) -> bool {
        false
    }
}
