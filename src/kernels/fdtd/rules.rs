//! The factors with which a component is updated in one mixture of materials.
//!
//! ```text
//! E:  eps (E' - E)/dt + sigma (E' + E)/2 + sum J + sum (P' - P)/dt = curl H
//!     J' = ((1 - g dt/2) J + dt (eps0 S E - w0^2 P))/(1 + g dt/2)          Drude (w0 = 0), Lorentz; P' = P + dt J'
//!     P' = a P + b (E' + E),  a = (2 tau - dt)/(2 tau + dt),  b = eps0 D dt/(2 tau + dt)      Debye, trapezoidal
//! H:  (H' - H)/dt + s (H' + H)/2 = -<1/mu> curl E
//! ```
//!
//! Currents J lie half a step after E, so that the new one follows from the field of the step's beginning. Everything is
//! computed in f64 and rounded once.

use super::material::Pole;
use super::mixture::{ElectricMixture, MagneticMixture};
use super::rows::Factor;
use super::slots::PoleSlots;
use super::units::Vacuum;
use crate::field::{Real, SlotId};

/// A coefficient of a stretch of nodes: one number, or one per node.
pub trait Coefficient<T> {
    type Part<'a>: Factor<T>
    where
        Self: 'a;
    /// Of `n` nodes from node `from` of the stretch.
    fn part(&self, from: usize, n: usize) -> Self::Part<'_>;
}

impl<T: Real> Coefficient<T> for T {
    type Part<'a> = T;
    #[inline(always)]
    fn part(&self, _from: usize, _n: usize) -> T {
        *self
    }
}

impl<T: Real> Coefficient<T> for Vec<T> {
    type Part<'a> = &'a [T];
    #[inline(always)]
    fn part(&self, from: usize, n: usize) -> &[T] {
        &self[from..from + n]
    }
}

/// How a pole is advanced, with coefficients `T`.
#[derive(Clone, Debug, PartialEq)]
pub enum PoleRule<T> {
    /// `J = a J + b E`.
    Drude {
        current: SlotId,
        a: T,
        b: T,
        energy: PoleEnergy,
    },
    /// `J = a J + b E - c P`, `P = P + dt J`.
    Lorentz {
        current: SlotId,
        polarization: SlotId,
        /// a, b, c, dt.
        factors: [T; 4],
        energy: PoleEnergy,
    },
    /// `P = a P + b (E + E')`; the field feels `r P`.
    Debye { polarization: SlotId, r: T, a: T, b: T },
}

impl<T> PoleRule<T> {
    /// Where its state is: current, polarisation.
    fn slots(&self) -> [Option<SlotId>; 2] {
        match self {
            PoleRule::Drude { current, .. } => [Some(*current), None],
            PoleRule::Lorentz {
                current, polarization, ..
            } => [Some(*current), Some(*polarization)],
            PoleRule::Debye { polarization, .. } => [None, Some(*polarization)],
        }
    }
}

impl<T: Real> PoleRule<T> {
    /// The same pole with one coefficient per node, from the rules of all nodes.
    fn row_of(poles: &[&PoleRule<T>]) -> PoleRule<Vec<T>> {
        let of = |n: usize| poles.iter().map(|pole| pole.coefficients()[n]).collect();
        match poles[0] {
            PoleRule::Drude { current, energy, .. } => PoleRule::Drude {
                current: *current,
                a: of(0),
                b: of(1),
                energy: *energy,
            },
            PoleRule::Lorentz {
                current,
                polarization,
                energy,
                ..
            } => PoleRule::Lorentz {
                current: *current,
                polarization: *polarization,
                factors: [of(0), of(1), of(2), of(3)],
                energy: *energy,
            },
            PoleRule::Debye { polarization, .. } => PoleRule::Debye {
                polarization: *polarization,
                r: of(0),
                a: of(1),
                b: of(2),
            },
        }
    }

    fn coefficients(&self) -> [T; 4] {
        match *self {
            PoleRule::Drude { a, b, .. } => [a, b, T::ZERO, T::ZERO],
            PoleRule::Lorentz { factors, .. } => factors,
            PoleRule::Debye { r, a, b, .. } => [r, a, b, T::ZERO],
        }
    }
}

/// What the motion of a pole holds: `kinetic J J'/2 + potential P^2/2`, J/m3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoleEnergy {
    pub kinetic: f64,
    pub potential: f64,
}

/// How a component is updated, with coefficients `T`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule<T> {
    /// Factor of the old value.
    pub keep: T,
    /// Factor of what drives the component: of a current density, A/m2 or V/m2, say.
    pub gain: T,
    pub poles: Vec<PoleRule<T>>,
    /// Whether the value never changes: within a perfect conductor.
    pub is_still: bool,
    /// Permittivity or permeability, F/m or H/m: what the energy takes.
    pub density: f64,
}

impl<T> Rule<T> {
    /// Whether a pole relaxes without inertia.
    pub fn has_relaxation(&self) -> bool {
        self.poles.iter().any(|pole| matches!(pole, PoleRule::Debye { .. }))
    }
}

impl<T: Real> Rule<T> {
    /// Whether nothing but curls and losses acts.
    pub fn is_plain(&self) -> bool {
        !self.is_still && self.poles.is_empty()
    }

    /// Where the current of the one Drude pole is that acts beside curls and losses, and its a and b.
    pub fn drude(&self) -> Option<(SlotId, [T; 2])> {
        match self.poles[..] {
            [PoleRule::Drude { current, a, b, .. }] if !self.is_still => Some((current, [a, b])),
            _ => None,
        }
    }

    /// Whether the same poles act, if with other coefficients: those that the coefficients of both fit into one row.
    pub fn is_like(&self, other: &Rule<T>) -> bool {
        let slots = |rule: &Rule<T>| -> Vec<[Option<SlotId>; 2]> { rule.poles.iter().map(PoleRule::slots).collect() };
        self.is_still == other.is_still && slots(self) == slots(other)
    }

    /// One rule for nodes with different coefficients, whose rules are alike.
    pub fn row_of(rules: &[&Rule<T>]) -> Rule<Vec<T>> {
        let each = |value: &dyn Fn(&Rule<T>) -> T| -> Vec<T> { rules.iter().map(|rule| value(rule)).collect() };
        let first = rules[0];
        let pole = |n: usize| {
            let same: Vec<&PoleRule<T>> = rules.iter().map(|rule| &rule.poles[n]).collect();
            PoleRule::row_of(&same)
        };
        let poles = (0..first.poles.len()).map(pole);
        Rule {
            keep: each(&|rule| rule.keep),
            gain: each(&|rule| rule.gain),
            poles: poles.collect(),
            is_still: first.is_still,
            density: first.density,
        }
    }

    fn new(keep: f64, gain: f64, density: f64) -> Rule<T> {
        Rule {
            keep: T::from_f64(keep),
            gain: T::from_f64(gain),
            poles: Vec::new(),
            is_still: false,
            density,
        }
    }

    /// Of an electric component within a perfect conductor.
    pub fn still() -> Rule<T> {
        Rule {
            is_still: true,
            ..Rule::new(1.0, 0.0, 0.0)
        }
    }

    /// Of an electric component. `slots` are those of a material's pole.
    pub fn electric(
        mixture: &ElectricMixture,
        vacuum: &Vacuum,
        dt: f64,
        slots: impl Fn(usize, usize) -> PoleSlots,
    ) -> Rule<T> {
        let permittivity = vacuum.permittivity * mixture.permittivity;
        let mut halves = 0.5 * dt * mixture.conductivity;
        let mut poles = Vec::with_capacity(mixture.poles.len());
        for share in &mixture.poles {
            let slots = slots(share.material, share.index);
            let (rule, half) = pole_rule(&share.pole, vacuum, dt, slots);
            halves += half;
            poles.push(rule);
        }
        let sum = permittivity + halves;
        Rule {
            poles,
            ..Rule::new((permittivity - halves) / sum, dt / sum, permittivity)
        }
    }

    /// Of a magnetic component.
    pub fn magnetic(mixture: &MagneticMixture, vacuum: &Vacuum, dt: f64) -> Rule<T> {
        let half = 0.5 * dt * mixture.loss / vacuum.permeability;
        let inverse = mixture.inverse_permeability / vacuum.permeability;
        Rule::new((1.0 - half) / (1.0 + half), dt * inverse / (1.0 + half), 1.0 / inverse)
    }
}

/// The rule of a pole, and what it adds to half the losses of a step, F/m.
fn pole_rule<T: Real>(pole: &Pole, vacuum: &Vacuum, dt: f64, slots: PoleSlots) -> (PoleRule<T>, f64) {
    let eps0 = vacuum.permittivity;
    let t = T::from_f64;
    match *pole {
        Pole::Drude { plasma, damping } => {
            let (half, strength) = (0.5 * damping * dt, eps0 * plasma * plasma);
            let rule = PoleRule::Drude {
                current: slots.current(),
                a: t((1.0 - half) / (1.0 + half)),
                b: t(dt * strength / (1.0 + half)),
                energy: PoleEnergy {
                    kinetic: 1.0 / strength,
                    potential: 0.0,
                },
            };
            (rule, 0.0)
        }
        Pole::Lorentz {
            strength,
            frequency,
            damping,
        } => {
            let (half, square) = (0.5 * damping * dt, frequency * frequency);
            let drive = eps0 * strength * square;
            let over = 1.0 / (1.0 + half);
            let rule = PoleRule::Lorentz {
                current: slots.current(),
                polarization: slots.polarization(),
                factors: [(1.0 - half) * over, dt * drive * over, dt * square * over, dt].map(t),
                energy: PoleEnergy {
                    kinetic: 1.0 / drive,
                    potential: square / drive,
                },
            };
            (rule, 0.0)
        }
        Pole::Debye { strength, time } => {
            let sum = 2.0 * time + dt;
            let (a, b) = ((2.0 * time - dt) / sum, eps0 * strength * dt / sum);
            let rule = PoleRule::Debye {
                polarization: slots.polarization(),
                // (a - 1)/dt.
                r: t(-2.0 / sum),
                a: t(a),
                b: t(b),
            };
            (rule, b)
        }
    }
}
