//! What can be configured: the typed form of the `[kernel]` table.

use super::rule::Rule;
use super::slots::axis_key;
use super::source::Source;
use super::walls::Wall;
use crate::grid::{Location, PerAxis};
use crate::numerics::formula::{Formula, Variable};
use crate::numerics::runge_kutta::Stepper;

/// How the value on a face is found from the cells on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advection {
    /// The upstream cell's value: first order, no new extrema.
    Upwind1,
    /// A parabola through three cells, two of them upstream: third order.
    Upwind3,
    /// A polynomial through five cells, three of them upstream: fifth order.
    Upwind5,
    /// The mean of both cells: second order.
    Centred2,
    /// A cubic through four cells: fourth order.
    Centred4,
    /// Three parabolas, weighted by their smoothness: fifth order where the field is smooth.
    Weno5,
    /// Fluxes limited so that no new extrema arise.
    Limited,
}

impl Advection {
    /// As it is written in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            Advection::Upwind1 => "upwind",
            Advection::Upwind3 => "upwind3",
            Advection::Upwind5 => "upwind5",
            Advection::Centred2 => "centred",
            Advection::Centred4 => "centred4",
            Advection::Weno5 => "weno5",
            Advection::Limited => "limited",
        }
    }
}

/// Where the wind comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Wind {
    /// Along each axis, m/s, sampled at the centres of the faces normal to it.
    Components(PerAxis<Formula>),
    /// A stream function psi, m2/s, in two dimensions: `u = d psi/dy`, `v = -d psi/dx`, as differences between the
    /// corners of a face, so that what enters a cell leaves it, to rounding.
    Stream(Formula),
}

/// The diffusivity K, m2/s.
#[derive(Clone, Debug, PartialEq)]
pub struct Diffusivity {
    /// `[axis][other]`, symmetric: the flux along `axis` has the terms `-K[axis][other] dq/d(other)`. Constant zero where
    /// nothing is given.
    pub tensor: PerAxis<PerAxis<Formula>>,
    pub mean: FaceMean,
}

/// How a diffusivity given by a formula is found on a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaceMean {
    /// The formula at the face's centre.
    Sampled,
    /// `(a + b)/2` of its values at the two cells' centres.
    Arithmetic,
    /// `2 a b/(a + b)` of its values at the two cells' centres: exact for a steady flux through layers.
    Harmonic,
}

impl Diffusivity {
    /// One diffusivity per axis, sampled at faces.
    pub fn diagonal(along: PerAxis<Formula>) -> Diffusivity {
        let mut tensor = [0; 3].map(|_| [0; 3].map(|_| Formula::constant(0.0)));
        for (axis, formula) in along.into_iter().enumerate() {
            tensor[axis][axis] = formula;
        }
        Diffusivity {
            tensor,
            mean: FaceMean::Sampled,
        }
    }

    /// Whether a gradient along one axis can cause a flux along another.
    pub fn is_tensor(&self) -> bool {
        (0..3).any(|axis| (0..axis).any(|other| self.tensor[axis][other].as_constant() != Some(0.0)))
    }

    /// The diffusivity along `axis`.
    pub fn along(&self, axis: usize) -> &Formula {
        &self.tensor[axis][axis]
    }

    /// How `K[axis][other]` is found at the lower faces of `axis`.
    pub fn rule(&self, axis: usize, other: usize) -> Rule {
        self.rule_at(axis, axis, other)
    }

    /// How `K[row][column]` is found at the lower faces of `axis`.
    pub fn rule_at(&self, axis: usize, row: usize, column: usize) -> Rule {
        let formula = self.tensor[row][column].clone();
        match self.mean {
            FaceMean::Sampled => Rule::at(formula, Location::face(axis)),
            mean => Rule::mean(formula, axis, mean),
        }
    }
}

/// What the initial formula stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// The value at the cell's centre.
    Centre,
    /// The mean over the cell.
    Average,
}

/// One field and everything that belongs to it alone.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldParameters {
    pub name: String,
    /// Unit of the field; amounts are this times m3.
    pub unit: String,
    /// Value at the start.
    pub initial: Formula,
    pub sampling: Sampling,
    /// Speed at which the field sinks along the last axis relative to the wind, m/s; constant zero for none.
    pub settling: Formula,
    pub sources: Vec<Source>,
    /// Decay rate lambda, 1/s.
    pub decay: f64,
    /// `[axis][lower, upper]`.
    pub walls: PerAxis<[Wall; 2]>,
}

impl FieldParameters {
    pub fn is_settling(&self) -> bool {
        self.settling.as_constant() != Some(0.0)
    }
}

/// The typed form of the `[kernel]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Number of axes that the grid's configuration names: 2 or 3. Fields settle along the last.
    pub dims: usize,
    pub wind: Wind,
    pub diffusivity: Diffusivity,
    pub advection: Advection,
    pub stepper: Stepper,
    /// Whether the stepper's number of stages follows from the step.
    pub fits_stages: bool,
    /// Whether to add up per cell what sources release, what decays and what fields exchange: 16 more bytes per cell
    /// and field each.
    pub budget: bool,
    /// Rates of linear exchange between fields, 1/s: `[gains][comes from]`. Empty for none.
    pub exchange: Vec<Vec<f64>>,
    /// At least one.
    pub fields: Vec<FieldParameters>,
}

impl Parameters {
    /// How the wind along `axis` is found at its lower faces, as the air moves.
    pub fn wind_rule(&self, axis: usize) -> Rule {
        match &self.wind {
            Wind::Components(components) => Rule::at(components[axis].clone(), Location::face(axis)),
            Wind::Stream(stream) => Rule::stream(stream.clone(), axis),
        }
    }

    /// Key of what gives the wind along `axis`.
    pub fn wind_key(&self, axis: usize) -> String {
        match self.wind {
            Wind::Components(_) => axis_key("wind", axis),
            Wind::Stream(_) => "kernel.stream_function".to_string(),
        }
    }

    /// How the velocity of field number `field` along the last axis is found at its lower faces, if the field moves
    /// otherwise than the air.
    pub fn settled_rule(&self, field: usize) -> Option<Rule> {
        let field = &self.fields[field];
        let settled = || self.wind_rule(self.dims - 1).less(field.settling.clone());
        field.is_settling().then(settled)
    }

    /// Whether field number `field` can be carried along `axis`.
    pub fn is_windy(&self, field: usize, axis: usize) -> bool {
        let settles = axis == self.dims - 1 && self.fields[field].is_settling();
        settles || self.wind_rule(axis).as_constant() != Some(0.0)
    }

    /// Whether field number `field` turns into others, or others into it.
    pub fn exchanges(&self, field: usize) -> bool {
        self.exchange
            .get(field)
            .is_some_and(|rates| rates.iter().any(|&rate| rate != 0.0))
    }

    /// The rate at which decay and exchange change field number `field` at most, 1/s: exchange moves a cell's values on
    /// a circle around the rate at which it is lost, through zero.
    pub fn loss(&self, field: usize) -> f64 {
        let into_others = self.exchange.get(field).map_or(0.0, |rates| rates[field].abs());
        self.fields[field].decay + 2.0 * into_others
    }

    /// Axes whose ends are joined: all fields agree.
    pub fn periodic(&self) -> PerAxis<bool> {
        [0, 1, 2].map(|axis| self.fields[0].walls[axis][0] == Wall::Periodic)
    }

    /// Whole arrays that the coefficients need: one for each that varies along x but not in time.
    pub fn n_coefficient_arrays(&self) -> usize {
        let winds = (0..3).map(|axis| self.wind_rule(axis));
        let settled = (0..self.fields.len()).filter_map(|field| self.settled_rule(field));
        let entries = (0..3).flat_map(|axis| (0..3).map(move |other| (axis, other)));
        let diffusivities = entries.map(|(axis, other)| self.diffusivity.rule(axis, other));
        let sources = self.fields.iter().flat_map(|field| &field.sources);
        let densities = sources.filter_map(|source| match source {
            Source::Density(formula) => Some(Rule::at(formula.clone(), Location::CENTER)),
            _ => None,
        });
        let rules = winds.chain(settled).chain(diffusivities).chain(densities);
        rules
            .filter(|rule| rule.depends_on(Variable::X) && !rule.depends_on(Variable::T))
            .count()
    }

    /// One line for the log.
    pub fn summary(&self) -> String {
        let stepper = match self.stepper {
            Stepper::Euler => "forward Euler".to_string(),
            Stepper::SspRk2 => "SSP RK2".to_string(),
            Stepper::SspRk3 => "SSP RK3".to_string(),
            Stepper::Rk3 => "RK3 (Wicker-Skamarock)".to_string(),
            Stepper::Rkl2 { stages } => format!("RKL2 with {stages} stages"),
        };
        let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        let is_windy = (0..names.len()).any(|field| (0..3).any(|axis| self.is_windy(field, axis)));
        let wind = if is_windy { self.advection.name() } else { "no" };
        format!(
            "advection-diffusion of {}: {wind} advection, second-order diffusion, {stepper}",
            names.join(", ")
        )
    }
}
