//! Plane waves in any direction: a sum of frequencies, each of which solves the lattice's equations.
//!
//! All nodes see a function of the distance `x` along the wave's way and of time. Each step it is summed at coarse points
//! `x_j`, from there brought to points eight times as dense, and from these to the nodes, each time by Lagrange's
//! interpolation with an error below 1e-16. A step costs about `12 F P` multiplications for the sums, `F` the number of
//! frequencies and `P` the number of coarse points that the pulse covers just then, some 20 per wavelength of the
//! shortest waves, and about 50 per corrected node. A continuous wave has one frequency once its beginning has passed.

use super::dispersion::Dispersion;
use super::spectrum::{Circle, Tone};
use super::twofold::Twofold;
use super::{Node, interpolation, phase};
use crate::grid::PerAxis;

/// Points of the interpolation from coarse to dense, and from dense to nodes.
const COARSE_ORDER: usize = 20;
const DENSE_ORDER: usize = 10;
/// Dense points per coarse one.
const REFINEMENT: usize = 8;
/// Error of each interpolation, relative to the sum of all amplitudes: below half of the last bit.
const INTERPOLATION_ERROR: f64 = 3e-17;

/// How the phases of a sum of waves grow.
pub enum Beat {
    /// Tone `k` by `k / period` turns a step, from step `origin` on.
    Periodic { origin: u64, circle: Circle },
    /// A single one, by `turns` a step.
    Single { origin: u64, turns: f64 },
}

/// One frequency and how it lies in space.
#[derive(Clone, Copy, Debug)]
pub struct PlaneTone {
    pub tone: Tone,
    /// Turns per m.
    pub wave_number: Twofold,
    /// Ex .. Hz for a waveform of 1, V/m and A/m.
    pub components: [f64; 6],
}

/// The same at the coarse points.
struct Wave {
    tone: Tone,
    components: [f64; 6],
    cosines: Vec<f64>,
    sines: Vec<f64>,
}

/// When the wave is at a place at all: a pulse from step `begin` to `end`, which moves with these slownesses, steps per m.
#[derive(Clone, Copy, Debug)]
pub struct Presence {
    pub begin: f64,
    pub end: f64,
    pub slowness: [f64; 2],
}

/// The dense points, and where nodes are among them.
#[derive(Clone, Debug)]
pub struct Ruler {
    /// Distance of dense points, m: a power of two, so that lengths are divided by it without rounding.
    pub spacing: f64,
    /// Dense points per half cell along each axis, as a number of few digits, whose multiples are exact, and the rest.
    half_cell: PerAxis<[f64; 2]>,
    /// The first coarse point, in coarse spacings, and how many there are.
    first: i64,
    count: usize,
}

impl Ruler {
    /// Points for nodes whose half cells along the axes are between `lo` and `hi`, dense enough for waves of the wave
    /// numbers and sizes of `waves`.
    pub fn new(dispersion: &Dispersion, lo: Node, hi: Node, waves: &[(f64, f64)]) -> Ruler {
        let spacing = dense_spacing(waves);
        let places = dispersion.half_cell().map(|q| q / spacing);
        let ends = [0, 1, 2].map(|axis| [lo, hi].map(|node| places[axis] * node[axis] as f64));
        let least: f64 = ends.iter().map(|[a, b]| a.min(*b)).sum();
        let most: f64 = ends.iter().map(|[a, b]| a.max(*b)).sum();
        let coarse = |dense: f64| (dense / REFINEMENT as f64).floor() as i64;
        let margin = (COARSE_ORDER / 2 + 1) as i64;
        let first = coarse(least) - margin;
        Ruler {
            spacing,
            half_cell: places.map(|place| {
                // 20 binary digits behind the point: exact multiples by up to 2^53 / 2^20 / place.
                let digits = (place * 1_048_576.0).round() / 1_048_576.0;
                [digits, place - digits]
            }),
            first,
            count: (coarse(most) + margin + 2 - first) as usize,
        }
    }

    /// Where coarse point `j` is, m.
    fn coarse(&self, j: usize) -> f64 {
        (self.first + j as i64) as f64 * (self.spacing * REFINEMENT as f64)
    }

    /// The dense point below a node, as an index, and how far the node is above it, in dense spacings.
    fn place(&self, node: Node) -> (usize, f64) {
        let sum = |digits: usize| -> f64 {
            (0..3)
                .map(|axis| node[axis] as f64 * self.half_cell[axis][digits])
                .sum()
        };
        // Exact, and positive: what is cut off is what is above the point below.
        let from_first = sum(0) - self.first_dense() as f64;
        let index = from_first as usize;
        (index, (from_first - index as f64) + sum(1))
    }

    /// Number of the first dense point.
    fn first_dense(&self) -> i64 {
        (self.first + COARSE_ORDER as i64 / 2 - 1) * REFINEMENT as i64
    }
}

/// The largest power of two with which both interpolations are exact.
fn dense_spacing(waves: &[(f64, f64)]) -> f64 {
    let total: f64 = waves.iter().map(|(_, size)| size).sum();
    let error = |spacing: f64| -> f64 {
        let of = |order: usize, step: f64| interpolation::error_constant(order) * step.powi(order as i32);
        let wave = |&(k, size): &(f64, f64)| {
            size / total * (of(DENSE_ORDER, k * spacing) + of(COARSE_ORDER, k * spacing * REFINEMENT as f64))
        };
        waves.iter().map(wave).sum()
    };
    let longest = waves.iter().fold(0.0_f64, |most, (k, _)| most.max(*k));
    // One dense point per radian is too few for any wave; a constant needs no more than one anywhere.
    let mut spacing = match longest {
        0.0 => 1.0,
        k => libm::exp2(libm::floor(libm::log2(1.0 / k))),
    };
    while error(spacing) > INTERPOLATION_ERROR {
        spacing *= 0.5;
    }
    spacing
}

/// A sum of waves.
pub struct Band {
    waves: Vec<Wave>,
    beat: Beat,
    ruler: Ruler,
    presence: Option<Presence>,
    /// Weights of coarse points for the dense points of one coarse interval.
    refinement: [[f64; COARSE_ORDER]; REFINEMENT],
}

/// The field of a step at the dense points, per component: E at the beginning of the step, H in its middle. Components
/// that are nowhere have no points.
pub struct BandIncident {
    ruler: Ruler,
    fields: [Vec<f64>; 6],
}

impl Band {
    /// The sum of `tones`.
    pub fn new(tones: &[PlaneTone], beat: Beat, ruler: Ruler, presence: Option<Presence>) -> Band {
        let wave = |&PlaneTone {
                        tone,
                        wave_number,
                        components,
                    }: &PlaneTone| {
            let phases = (0..ruler.count).map(|j| {
                let place = ruler.coarse(j);
                let turns = phase::turns_of_product(wave_number.high, place) + wave_number.low * place;
                phase::cosine_and_sine(turns)
            });
            let (cosines, sines) = phases.unzip();
            Wave {
                tone,
                components,
                cosines,
                sines,
            }
        };
        Band {
            waves: tones.iter().map(wave).collect(),
            beat,
            presence,
            refinement: std::array::from_fn(|n| interpolation::weights(n as f64 / REFINEMENT as f64)),
            ruler,
        }
    }

    /// The incident field of a step.
    pub fn incident(&self, step: u64) -> BandIncident {
        let [begin, end] = self.present(step);
        BandIncident {
            ruler: self.ruler.clone(),
            fields: std::array::from_fn(|component| {
                if self.waves.iter().all(|wave| wave.components[component] == 0.0) {
                    return Vec::new();
                }
                self.refine(&self.sum(step, component, (begin, end)))
            }),
        }
    }

    /// The coarse points `[begin, end)` where the wave is.
    fn present(&self, step: u64) -> [usize; 2] {
        let Some(presence) = self.presence else {
            return [0, self.ruler.count];
        };
        let is_present = |j: &usize| {
            let delays = presence.slowness.map(|slowness| self.ruler.coarse(*j) * slowness);
            let [earliest, latest] = [delays[0].min(delays[1]), delays[0].max(delays[1])];
            // Half a step for H, and half for rounding.
            (presence.begin + earliest - 1.0..=presence.end + latest + 1.0).contains(&(step as f64))
        };
        let first = (0..self.ruler.count).find(is_present);
        let last = (0..self.ruler.count).rev().find(is_present);
        [first.unwrap_or(0), last.map_or(0, |j| j + 1)]
    }

    /// The amplitude of a wave's waveform at half step `half` of `step`: real part, and that a quarter period later.
    fn amplitude(&self, wave: &Wave, step: u64, half: usize) -> [f64; 2] {
        let (cosine, sine) = match &self.beat {
            // The circle has two points per step.
            Beat::Periodic { origin, circle } => circle.at(wave.tone.k, 2 * (step - origin) as usize + half),
            Beat::Single { origin, turns } => {
                let steps = (step - origin) as f64 + 0.5 * half as f64;
                phase::cosine_and_sine(phase::turns_of_product(*turns, steps))
            }
        };
        let [re, im] = wave.tone.amplitude;
        [re * cosine + im * sine, im * cosine - re * sine]
    }

    /// One component at the coarse points.
    fn sum(&self, step: u64, component: usize, (begin, end): (usize, usize)) -> Vec<f64> {
        let mut values = vec![0.0; self.ruler.count];
        for wave in &self.waves {
            let [re, im] = self.amplitude(wave, step, component / 3);
            let size = wave.components[component];
            let (re, im) = (size * re, size * im);
            let phases = wave.cosines[begin..end].iter().zip(&wave.sines[begin..end]);
            for (value, (cosine, sine)) in values[begin..end].iter_mut().zip(phases) {
                *value += re * cosine - im * sine;
            }
        }
        values
    }

    /// From coarse points to dense ones.
    fn refine(&self, coarse: &[f64]) -> Vec<f64> {
        let mut dense = Vec::with_capacity(coarse.len() * REFINEMENT);
        for points in coarse.windows(COARSE_ORDER) {
            for weights in &self.refinement {
                dense.push(points.iter().zip(weights).map(|(value, weight)| value * weight).sum());
            }
        }
        dense
    }
}

impl BandIncident {
    /// The incident field at a node.
    pub fn value(&self, component: usize, node: Node) -> f64 {
        let field = &self.fields[component];
        if field.is_empty() {
            return 0.0;
        }
        let (below, theta) = self.ruler.place(node);
        let points = &field[below + 1 - DENSE_ORDER / 2..][..DENSE_ORDER];
        let weights = interpolation::weights::<DENSE_ORDER>(theta);
        points.iter().zip(&weights).map(|(value, weight)| value * weight).sum()
    }
}
