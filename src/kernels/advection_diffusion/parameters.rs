//! What can be configured: the typed form of the `[kernel]` table.

use super::source::Source;
use super::walls::Wall;
use crate::grid::PerAxis;
use crate::numerics::formula::{Formula, FormulaClass, Variable};
use crate::numerics::runge_kutta::Stepper;

/// How the value on a face is found from the cells on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advection {
    /// The upstream cell's value: first order, no new extrema.
    Upwind,
    /// The mean of both cells: second order.
    Centred,
}

/// One field and everything that belongs to it alone.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldParameters {
    pub name: String,
    /// Unit of the field; amounts are this times m3.
    pub unit: String,
    /// Value at the cell centres at the start.
    pub initial: Formula,
    pub sources: Vec<Source>,
    /// Decay rate lambda, 1/s.
    pub decay: f64,
    /// `[axis][lower, upper]`.
    pub walls: PerAxis<[Wall; 2]>,
}

/// The typed form of the `[kernel]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Wind along each axis, m/s, sampled at the centres of the faces normal to it.
    pub wind: PerAxis<Formula>,
    /// Diffusivity along each axis, m2/s, sampled at the centres of the faces normal to it.
    pub diffusivity: PerAxis<Formula>,
    pub advection: Advection,
    pub stepper: Stepper,
    /// Whether to add up per cell what sources release and what decays: 16 more bytes per cell and field each.
    pub budget: bool,
    /// At least one.
    pub fields: Vec<FieldParameters>,
}

impl Parameters {
    /// Whether the wind can have a component along `axis`.
    pub fn is_windy(&self, axis: usize) -> bool {
        self.wind[axis].as_constant() != Some(0.0)
    }

    /// Axes whose ends are joined: all fields agree.
    pub fn periodic(&self) -> PerAxis<bool> {
        [0, 1, 2].map(|axis| self.fields[0].walls[axis][0] == Wall::Periodic)
    }

    /// Whole arrays that the coefficients need: one for each formula that varies along x but not in time.
    pub fn n_coefficient_arrays(&self) -> usize {
        let sources = self.fields.iter().flat_map(|field| &field.sources);
        let densities = sources.filter_map(|source| match source {
            Source::Density(formula) => Some(formula),
            Source::Point { .. } => None,
        });
        let formulas = self.wind.iter().chain(&self.diffusivity).chain(densities);
        formulas
            .filter(|f| f.class() == FormulaClass::Space && f.depends_on(Variable::X))
            .count()
    }

    /// One line for the log.
    pub fn summary(&self) -> String {
        let advection = match self.advection {
            Advection::Upwind => "upwind",
            Advection::Centred => "centred",
        };
        let stepper = match self.stepper {
            Stepper::Euler => "forward Euler",
            Stepper::Rk3 => "RK3 (Wicker-Skamarock)",
        };
        let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        let wind = if (0..3).any(|axis| self.is_windy(axis)) {
            advection
        } else {
            "no"
        };
        format!(
            "advection-diffusion of {}: {wind} advection, second-order diffusion, {stepper}",
            names.join(", ")
        )
    }
}
