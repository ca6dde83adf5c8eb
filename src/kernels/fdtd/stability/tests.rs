//! The limit against closed forms, and against what the scheme itself does in very many steps.

use super::*;
use crate::config::Units;
use crate::kernels::fdtd::component::Component;
use crate::kernels::fdtd::geometry::Mix;

const NATURAL: Vacuum = Vacuum {
    units: Units::Natural,
    permittivity: 1.0,
    permeability: 1.0,
    light_speed: 1.0,
};

fn grid(cells: [usize; 3]) -> Grid {
    Grid {
        cells,
        dims: 3,
        spacing: [0.5, 0.25, 1.0],
        origin: [0.0; 3],
        periodic: [false; 3],
    }
}

fn medium(permittivity: f64, poles: Vec<Pole>) -> Medium {
    Medium {
        permittivity,
        inverse_permeability: 1.0,
        poles,
    }
}

fn drude(plasma: f64, damping: f64) -> Pole {
    Pole::Drude { plasma, damping }
}

fn lorentz(strength: f64, frequency: f64, damping: f64) -> Pole {
    Pole::Lorentz {
        strength,
        frequency,
        damping,
    }
}

fn debye(strength: f64, time: f64) -> Pole {
    Pole::Debye { strength, time }
}

/// Numbers in [0, 1), always the same ones.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Between a tenth and ten.
    fn any(&mut self) -> f64 {
        libm::pow(10.0, 2.0 * self.next() - 1.0)
    }

    /// Zero, or between a tenth and ten.
    fn loss(&mut self) -> f64 {
        if self.next() < 0.5 { 0.0 } else { self.any() }
    }
}

/// A medium with its losses, of which the limit does not know.
#[derive(Clone, Debug)]
struct Lossy {
    medium: Medium,
    conductivity: f64,
    magnetic_conductivity: f64,
}

impl Lossy {
    /// One step of the scheme, as its equations stand, for a field with curl E = k E and curl H = k H, in natural units. The
    /// state is E, H, and for each pole J and P.
    fn step(&self, k: f64, dt: f64, state: &[f64]) -> Vec<f64> {
        let mut new = state.to_vec();
        let mu = 1.0 / self.medium.inverse_permeability;
        let loss = 0.5 * self.magnetic_conductivity * dt;
        new[1] = ((mu - loss) * state[1] - dt * k * state[0]) / (mu + loss);
        // eps E_new + dt sigma / 2 E_new + (Debye: P_new) = the rest.
        let eps = self.medium.permittivity;
        let loss = 0.5 * self.conductivity * dt;
        let (mut in_front, mut rest) = (eps + loss, (eps - loss) * state[0] + dt * k * new[1]);
        let memory = |n: usize| 2 + 2 * n;
        for (n, pole) in self.medium.poles.iter().enumerate() {
            let (j, p) = (memory(n), memory(n) + 1);
            match *pole {
                Pole::Drude { plasma, damping } => {
                    let g = 0.5 * damping * dt;
                    new[j] = ((1.0 - g) * state[j] + dt * plasma * plasma * state[0]) / (1.0 + g);
                    rest -= dt * new[j];
                }
                Pole::Lorentz {
                    strength,
                    frequency,
                    damping,
                } => {
                    let g = 0.5 * damping * dt;
                    let force = frequency * frequency * (strength * state[0] - state[p]);
                    new[j] = ((1.0 - g) * state[j] + dt * force) / (1.0 + g);
                    new[p] = state[p] + dt * new[j];
                    rest -= dt * new[j];
                }
                Pole::Debye { strength, time } => {
                    // P_new = keep P + take (E_new + E).
                    let (keep, take) = (
                        (time - 0.5 * dt) / (time + 0.5 * dt),
                        0.5 * strength * dt / (time + 0.5 * dt),
                    );
                    in_front += take;
                    rest += state[p] - keep * state[p] - take * state[0];
                }
            }
        }
        new[0] = rest / in_front;
        for (n, pole) in self.medium.poles.iter().enumerate() {
            if let Pole::Debye { strength, time } = *pole {
                let (keep, take) = (
                    (time - 0.5 * dt) / (time + 0.5 * dt),
                    0.5 * strength * dt / (time + 0.5 * dt),
                );
                new[memory(n) + 1] = keep * state[memory(n) + 1] + take * (new[0] + state[0]);
            }
        }
        new
    }

    /// The logarithm of the largest entry of the matrix that does 2^30 steps.
    fn growth(&self, grid: &Grid, dt: f64) -> f64 {
        let k = 2.0 * inverse_spacings(grid).sqrt();
        let n = 2 + 2 * self.medium.poles.len();
        let column = |m: usize| {
            let unit: Vec<f64> = (0..n).map(|i| if i == m { 1.0 } else { 0.0 }).collect();
            self.step(k, dt, &unit)
        };
        let mut columns: Vec<Vec<f64>> = (0..n).map(column).collect();
        let mut log_size = 0.0;
        for _ in 0..30 {
            let entry = |i: usize, m: usize| (0..n).map(|l| columns[l][i] * columns[m][l]).sum::<f64>();
            let mut square: Vec<Vec<f64>> = (0..n).map(|m| (0..n).map(|i| entry(i, m)).collect()).collect();
            let largest = square.iter().flatten().fold(0.0f64, |largest, x| largest.max(x.abs()));
            square.iter_mut().flatten().for_each(|x| *x /= largest);
            columns = square;
            log_size = 2.0 * log_size + libm::log(largest);
        }
        log_size
    }
}

/// A step this much off the limit is seen to be on the other side of it.
const OFF: f64 = 1e-5;

#[track_caller]
fn assert_limit_is_where_growth_begins(lossy: &Lossy) {
    let grid = grid([9, 9, 9]);
    let limit = lossy.medium.largest_stable_dt(&grid, &NATURAL);
    // The entries of a stable matrix are some thousands at most so near to the limit, as 1 / sqrt(OFF) for oscillators that
    // fall together, or shrink. 2^30 steps with a rounding each may grow by 1e-6 in all.
    let below = lossy.growth(&grid, limit * (1.0 - OFF));
    assert!(below < 12.0, "{below} below {limit}: {lossy:?}");
    // A root beyond the circle by a few times OFF / (losses per step), at least 1e-7: exp(100) at least.
    let above = lossy.growth(&grid, limit * (1.0 + OFF));
    assert!(above > 50.0, "{above} above {limit}: {lossy:?}");
}

#[test]
fn growth_begins_at_the_limit_whatever_the_losses() {
    let mut numbers = Numbers(7);
    for n in 0..300 {
        let poles = (0..n % 5).map(|_| match (3.0 * numbers.next()) as usize {
            0 => drude(numbers.any(), numbers.loss()),
            1 => lorentz(numbers.any(), numbers.any(), numbers.loss()),
            _ => debye(numbers.any(), numbers.any()),
        });
        let poles = poles.collect();
        let lossy = Lossy {
            medium: Medium {
                permittivity: numbers.any(),
                inverse_permeability: numbers.any(),
                poles,
            },
            conductivity: numbers.loss(),
            magnetic_conductivity: numbers.loss(),
        };
        assert_limit_is_where_growth_begins(&lossy);
    }
}

#[test]
fn without_poles_it_is_courants() {
    let media = [
        (medium(1.0, vec![]), [9, 9, 9], 1.0 / 21.0),
        (medium(4.0, vec![debye(3.0, 0.1)]), [9, 9, 9], 4.0 / 21.0),
        (medium(1.0, vec![]), [9, 1, 9], 1.0 / 5.0),
        (medium(1.0, vec![]), [9, 1, 1], 1.0 / 4.0),
    ];
    for (medium, cells, square) in media {
        let limit = medium.largest_stable_dt(&grid(cells), &NATURAL);
        // Three roundings.
        assert!((limit * limit / square - 1.0).abs() < 1e-15, "{limit}");
    }
    let still = grid([1, 1, 1]);
    assert_eq!(medium(1.0, vec![]).largest_stable_dt(&still, &NATURAL), f64::INFINITY);
    let si = Vacuum::new(Units::Si);
    let limit = medium(1.0, vec![]).largest_stable_dt(&grid([9, 1, 1]), &si);
    assert!((limit * si.light_speed / 0.5 - 1.0).abs() < 1e-15);
}

#[test]
fn with_one_pole_it_is_the_closed_form() {
    let grid = grid([9, 9, 9]);
    let k = 21.0;
    for (eps, plasma) in [(1.0, 3.0_f64), (2.25, 50.0), (9.0, 0.01)] {
        // 4 (eps - S^2) = (plasma dt)^2.
        let expected = (4.0 * eps / (4.0 * k + plasma * plasma)).sqrt();
        let found = medium(eps, vec![drude(plasma, 0.3)]).largest_stable_dt(&grid, &NATURAL);
        // C is known to a rounding or two of eps, and dt to half of that.
        assert!((found / expected - 1.0).abs() < 1e-15, "{found} for {expected}");
    }
    for (eps, strength, frequency) in [(2.25, 0.5, 7.0), (1.0, 3.0, 40.0), (4.0, 1e-3, 9.0)] {
        // (4 - w2 x) (eps - k x) = strength w2 x with x = dt^2: the smaller root.
        let w2: f64 = frequency * frequency;
        let half = 0.5 * (4.0 * k + w2 * (eps + strength));
        let square = 4.0 * eps / (half + (half * half - 4.0 * eps * w2 * k).sqrt());
        let found = medium(eps, vec![lorentz(strength, frequency, 0.3)]).largest_stable_dt(&grid, &NATURAL);
        // As above, but where the pole is weak both conditions nearly meet: some tens of roundings.
        assert!(
            (found / square.sqrt() - 1.0).abs() < 2e-14,
            "{found} for {}",
            square.sqrt()
        );
    }
    // Without waves a strong enough resonance limits by itself: (4 - w2 x) eps = strength w2 x.
    let still = Grid { cells: [1; 3], ..grid };
    let found = medium(1.0, vec![lorentz(3.0, 2.0, 0.0)]).largest_stable_dt(&still, &NATURAL);
    assert!((found - 0.5).abs() < 1e-15, "{found}");
}

#[test]
fn materials_of_any_arrangement_are_as_stable_as_the_worst() {
    let grid = grid([9, 9, 9]);
    let mut glass = Material::vacuum("glass");
    (glass.epsilon, glass.mu) = ([4.0, 2.0, 3.0], [1.0, 3.0, 2.0]);
    let mut metal = Material::vacuum("metal");
    metal.poles = vec![drude(9.0, 0.0)];
    let mut magnet = Material::vacuum("magnet");
    magnet.mu = [0.5, 1.0, 1.0];
    let mut conductor = Material::perfect_conductor("pec");
    conductor.epsilon = [1e-6; 3];
    let of = |materials: &[&Material]| largest_stable_dt(materials.iter().copied(), &grid, &NATURAL);
    let alone = |material: &Material| Medium::of_material(material).largest_stable_dt(&grid, &NATURAL);
    assert_eq!(Medium::of_material(&glass), medium(2.0, vec![]));
    assert_eq!(of(&[&glass, &conductor]), alone(&glass));
    assert_eq!(of(&[&glass, &metal]), alone(&metal));
    // With the waves of the magnet, metal is worse than either.
    assert!(of(&[&magnet, &metal]) < alone(&metal).min(alone(&magnet)));
    assert_eq!(of(&[]), f64::INFINITY);
    // What is between materials is between them.
    let materials = [glass, metal];
    let half = Mix::Shares(vec![(0, 0.5), (1, 0.5)]);
    let between = ElectricMixture::new(&half, &materials, Component::Ex).unwrap();
    let between = Medium::of_mixture(&between, 1.0).largest_stable_dt(&grid, &NATURAL);
    assert!(alone(&materials[1]) < between && between < 2.0 / 21f64.sqrt());
}
