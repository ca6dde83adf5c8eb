//! Explicit time stepping schemes.
//!
//! Every stage computes the tendency `f` of what the stage before wrote, and combines it with the state at the beginning
//! of the step, so that a state that does not change stays what it is to the last bit.

/// How a stage makes its result `q_j` of the tendency `f` of `q_prev`, which the stage before wrote, and of the state
/// `q_0` at the beginning of the step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Combine {
    /// `q_j = q_0 + fraction dt f`.
    FromStart { fraction: f64 },
    /// `q_j = q_0 + fraction ((q_prev - q_0) + dt f)`: a convex combination of the state at the beginning and an Euler
    /// step from `q_prev`.
    Blend { fraction: f64 },
    /// `q_j = q_0 + mu (q_prev - q_0) + nu (q_older - q_0) + mu_dt dt f + gamma_dt dt f_0`, where `q_older` is what the
    /// stage before the last wrote and `f_0` the tendency of `q_0`.
    Recursion {
        mu: f64,
        nu: f64,
        mu_dt: f64,
        gamma_dt: f64,
    },
}

/// One stage of a scheme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    pub combine: Combine,
    /// Time at which the tendency is evaluated, as a share of dt.
    pub time: f64,
    /// Share of this stage's tendency in the step: `q(t + dt) = q_0 + dt sum weight f`.
    pub weight: f64,
}

/// A time stepping scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepper {
    /// Forward Euler. First order.
    Euler,
    /// Two stages, second order, strong-stability preserving: a step is a mean of Euler steps. Source: S. Gottlieb,
    /// C.-W. Shu and E. Tadmor, SIAM Review 43 (2001), eq. 4.1.
    SspRk2,
    /// Three stages, third order, strong-stability preserving. Source: as above, eq. 4.2.
    SspRk3,
    /// Three stages, `q1 = q0 + dt/3 f(q0)`, `q2 = q0 + dt/2 f(q1)`, `q3 = q0 + dt f(q2)`. Third order for linear
    /// problems, second otherwise. Source: L. J. Wicker and W. C. Skamarock, Mon. Wea. Rev. 130 (2002), eq. 3.
    Rk3,
    /// Super time stepping for diffusion: a recursion of Legendre polynomials, second order, stable for steps about
    /// `stages^2/4` times as long as forward Euler's. Source: C. D. Meyer, D. S. Balsara and T. D. Aslam, J. Comput. Phys.
    /// 257 (2014) 594, eqs. 16 to 18.
    Rkl2 {
        /// At least two; odd numbers damp better.
        stages: usize,
    },
}

impl Stepper {
    /// Name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Stepper::Euler => "euler",
            Stepper::SspRk2 => "ssp-rk2",
            Stepper::SspRk3 => "ssp-rk3",
            Stepper::Rk3 => "rk3",
            Stepper::Rkl2 { .. } => "rkl2",
        }
    }

    pub fn n_stages(self) -> usize {
        match self {
            Stepper::Euler => 1,
            Stepper::SspRk2 => 2,
            Stepper::SspRk3 | Stepper::Rk3 => 3,
            Stepper::Rkl2 { stages } => stages,
        }
    }

    pub fn stages(self) -> Vec<Stage> {
        let stage = |combine, time, weight| Stage { combine, time, weight };
        let plain = |fraction| Combine::FromStart { fraction };
        let blend = |fraction| Combine::Blend { fraction };
        match self {
            Stepper::Euler => vec![stage(plain(1.0), 0.0, 1.0)],
            Stepper::SspRk2 => vec![stage(plain(1.0), 0.0, 0.5), stage(blend(0.5), 1.0, 0.5)],
            Stepper::SspRk3 => vec![
                stage(plain(1.0), 0.0, 1.0 / 6.0),
                stage(blend(0.25), 1.0, 1.0 / 6.0),
                stage(blend(2.0 / 3.0), 0.5, 2.0 / 3.0),
            ],
            Stepper::Rk3 => vec![
                stage(plain(1.0 / 3.0), 0.0, 0.0),
                stage(plain(0.5), 1.0 / 3.0, 0.0),
                stage(plain(1.0), 0.5, 1.0),
            ],
            Stepper::Rkl2 { stages } => legendre(stages),
        }
    }

    /// Whether a step is a convex combination of forward Euler steps of at most dt: whatever holds for those, bounds
    /// for example, holds for it.
    pub fn is_strong_stability_preserving(self) -> bool {
        matches!(self, Stepper::Euler | Stepper::SspRk2 | Stepper::SspRk3)
    }

    /// Whether every stage starts from the state at the beginning of the step, and nothing else.
    pub fn has_plain_stages(self) -> bool {
        matches!(self, Stepper::Euler | Stepper::Rk3)
    }

    /// Length of the stability region along the negative real axis: the largest `-z` of a decaying mode.
    pub fn real_limit(self) -> f64 {
        match self {
            Stepper::Euler | Stepper::SspRk2 => 2.0,
            // |1 + z + z2/2 + z3/6| = 1 at z = -2.512745...
            Stepper::SspRk3 | Stepper::Rk3 => 2.5127,
            Stepper::Rkl2 { stages } => legendre_limit(stages),
        }
    }

    /// Length of the stability region along the imaginary axis: the largest `|z|` of an undamped oscillation; 0 if all
    /// grow, and for RKL2, which is not meant for them.
    pub fn imaginary_limit(self) -> f64 {
        match self {
            Stepper::Euler | Stepper::SspRk2 | Stepper::Rkl2 { .. } => 0.0,
            // |R(iy)|^2 = 1 - y4/12 + y6/36 <= 1 for y2 <= 3; rounded down.
            Stepper::SspRk3 | Stepper::Rk3 => 1.732,
        }
    }

    /// The smallest odd number of stages of RKL2, three or more, that is stable for modes decaying at rates up to
    /// `dt_rate / dt`.
    pub fn rkl2_for(dt_rate: f64) -> Stepper {
        // (s2 + s - 2)/2 >= dt_rate, solved for s.
        let least = (-0.5 + (2.25 + 2.0 * dt_rate.max(0.0)).sqrt()).ceil().max(3.0) as usize;
        let mut stages = least | 1;
        while legendre_limit(stages) < dt_rate {
            stages += 2;
        }
        Stepper::Rkl2 { stages }
    }

    /// The factor by which one step multiplies a mode with `f(q) = (z/dt) q`.
    pub fn amplification(self, re: f64, im: f64) -> (f64, f64) {
        let times_z = |(a, b): (f64, f64)| (re * a - im * b, re * b + im * a);
        let start = (1.0, 0.0);
        let (mut older, mut previous) = (start, start);
        for stage in self.stages() {
            let f = times_z(previous);
            let part = |get: fn((f64, f64)) -> f64| match stage.combine {
                Combine::FromStart { fraction } => get(start) + fraction * get(f),
                Combine::Blend { fraction } => get(start) + fraction * (get(previous) - get(start) + get(f)),
                Combine::Recursion {
                    mu,
                    nu,
                    mu_dt,
                    gamma_dt,
                } => {
                    get(start)
                        + mu * (get(previous) - get(start))
                        + nu * (get(older) - get(start))
                        + mu_dt * get(f)
                        + gamma_dt * get(times_z(start))
                }
            };
            (older, previous) = (previous, (part(|c| c.0), part(|c| c.1)));
        }
        previous
    }
}

/// Length of RKL2's stability region along the negative real axis.
fn legendre_limit(stages: usize) -> f64 {
    let s = stages as f64;
    0.5 * (s * s + s - 2.0)
}

/// The stages of RKL2.
fn legendre(stages: usize) -> Vec<Stage> {
    let w = 2.0 / legendre_limit(stages);
    let b = |j: usize| {
        let j = j.max(2) as f64;
        (j * j + j - 2.0) / (2.0 * j * (j + 1.0))
    };
    let combine = |j: usize| {
        if j == 1 {
            return Combine::FromStart { fraction: b(1) * w };
        }
        let n = j as f64;
        let mu = (2.0 * n - 1.0) / n * b(j) / b(j - 1);
        let mu_dt = mu * w;
        Combine::Recursion {
            mu,
            nu: -(n - 1.0) / n * b(j) / b(j - 2),
            mu_dt,
            gamma_dt: -(1.0 - b(j - 1)) * mu_dt,
        }
    };
    let combines: Vec<Combine> = (1..=stages).map(combine).collect();
    let (times, weights) = (times(&combines), weights(&combines));
    let parts = combines.iter().zip(times).zip(weights);
    parts
        .map(|((&combine, time), weight)| Stage { combine, time, weight })
        .collect()
}

/// `(mu, nu, mu_dt, gamma_dt)` of a stage of a recursion.
fn factors(combine: &Combine) -> [f64; 4] {
    match *combine {
        Combine::Recursion {
            mu,
            nu,
            mu_dt,
            gamma_dt,
        } => [mu, nu, mu_dt, gamma_dt],
        Combine::FromStart { fraction } | Combine::Blend { fraction } => [0.0, 0.0, fraction, 0.0],
    }
}

/// The time that the stage before each stage of a recursion reached: what becomes of `f = 1`.
fn times(combines: &[Combine]) -> Vec<f64> {
    let mut times = vec![0.0];
    for (j, combine) in combines.iter().enumerate() {
        let [mu, nu, mu_dt, gamma_dt] = factors(combine);
        times.push(mu * times[j] + nu * times[j.saturating_sub(1)] + mu_dt + gamma_dt);
    }
    times.truncate(combines.len());
    times
}

/// How much of each stage's tendency is in the result of the last: from there back, how much of each state is.
fn weights(combines: &[Combine]) -> Vec<f64> {
    let n = combines.len();
    let mut weights = vec![0.0; n];
    // Of what each stage wrote; of the state at the beginning nothing is asked.
    let mut influence = vec![0.0; n + 1];
    influence[n] = 1.0;
    for (j, combine) in combines.iter().enumerate().rev() {
        let [mu, nu, mu_dt, gamma_dt] = factors(combine);
        let of_result = influence[j + 1];
        influence[j] += mu * of_result;
        influence[j.saturating_sub(1)] += nu * of_result;
        weights[j] += mu_dt * of_result;
        weights[0] += gamma_dt * of_result;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Stepper; 8] = [
        Stepper::Euler,
        Stepper::SspRk2,
        Stepper::SspRk3,
        Stepper::Rk3,
        Stepper::Rkl2 { stages: 2 },
        Stepper::Rkl2 { stages: 3 },
        Stepper::Rkl2 { stages: 8 },
        Stepper::Rkl2 { stages: 21 },
    ];

    fn modulus(stepper: Stepper, re: f64, im: f64) -> f64 {
        let (a, b) = stepper.amplification(re, im);
        a.hypot(b)
    }

    #[test]
    fn amplification_is_the_truncated_exponential() {
        let z: f64 = -0.3;
        assert_eq!(Stepper::Euler.amplification(z, 0.0).0, 1.0 + z);
        // A few additions of numbers near one: a few units in the last place.
        let (re, im) = Stepper::SspRk2.amplification(z, 0.0);
        assert!((re - (1.0 + z + z * z / 2.0)).abs() < 1e-15 && im == 0.0);
        for stepper in [Stepper::Rk3, Stepper::SspRk3] {
            let (re, im) = stepper.amplification(z, 0.0);
            assert!((re - (1.0 + z + z * z / 2.0 + z * z * z / 6.0)).abs() < 1e-15 && im == 0.0);
        }
    }

    #[test]
    fn limits_are_where_modes_begin_to_grow() {
        for stepper in ALL {
            let r = stepper.real_limit();
            // Rounding grows with the number of stages: 1e-12 is far above it.
            assert!(modulus(stepper, -r, 0.0) <= 1.0 + 1e-12, "{stepper:?}");
            if matches!(stepper, Stepper::Rkl2 { .. }) {
                // Odd numbers of stages reach a little further, and nothing is promised for oscillations.
                continue;
            }
            assert!(modulus(stepper, -r * 1.001, 0.0) > 1.0, "{stepper:?}");
            let i = stepper.imaginary_limit();
            assert!(
                modulus(stepper, 0.0, i) <= 1.0 && modulus(stepper, 0.0, i * 1.001 + 0.1) > 1.0,
                "{stepper:?}"
            );
        }
    }

    #[test]
    fn rkl2_damps_everything_within_its_limit() {
        for stages in [2, 3, 4, 5, 9, 20, 51] {
            let stepper = Stepper::Rkl2 { stages };
            for n in 0..=1000 {
                let z = -stepper.real_limit() * n as f64 / 1000.0;
                assert!(modulus(stepper, z, 0.0) <= 1.0 + 1e-12, "{stages} stages at {z}");
            }
        }
    }

    #[test]
    fn rkl2_is_of_second_order() {
        for stages in [2, 3, 7, 16] {
            let error = |z: f64| (Stepper::Rkl2 { stages }.amplification(z, 0.0).0 - z.exp()).abs();
            let order = (error(-0.02) / error(-0.01)).log2();
            // The leading error is of third order in z for one step; at z = -0.02 the next term adds a few percent.
            assert!((order - 3.0).abs() < 0.1, "{stages} stages: {order}");
        }
    }

    #[test]
    fn weights_add_up_to_one_and_times_are_reached() {
        for stepper in ALL {
            let stages = stepper.stages();
            assert_eq!(stages.len(), stepper.n_stages());
            let total: f64 = stages.iter().map(|stage| stage.weight).sum();
            // As many roundings as stages, of numbers below one.
            assert!(
                (total - 1.0).abs() < 1e-14 * stages.len() as f64,
                "{stepper:?}: {total}"
            );
            // For f = 1 every stage holds the time it stands for, which the next one evaluates at.
            let (mut older, mut previous) = (0.0, 0.0);
            for (n, stage) in stages.iter().enumerate() {
                assert!((previous - stage.time).abs() < 1e-13, "{stepper:?}, stage {n}");
                let next = match stage.combine {
                    Combine::FromStart { fraction } => fraction,
                    Combine::Blend { fraction } => fraction * (previous + 1.0),
                    Combine::Recursion {
                        mu,
                        nu,
                        mu_dt,
                        gamma_dt,
                    } => mu * previous + nu * older + mu_dt + gamma_dt,
                };
                (older, previous) = (previous, next);
            }
            assert!((previous - 1.0).abs() < 1e-13, "{stepper:?} ends at {previous}");
        }
    }

    #[test]
    fn many_stages_take_no_more_memory_than_there_are() {
        let stages = Stepper::Rkl2 { stages: 100_001 }.stages();
        let total: f64 = stages.iter().map(|stage| stage.weight).sum();
        // Rounding of the recursion grows with the square of the number of stages.
        assert!((total - 1.0).abs() < 1e-6, "{total}");
    }

    #[test]
    fn the_number_of_stages_is_the_smallest_odd_one_that_is_stable() {
        for rate in [0.0, 1.0, 5.0, 5.1, 14.0, 14.5, 1000.0] {
            let stepper = Stepper::rkl2_for(rate);
            let n = stepper.n_stages();
            assert!(n % 2 == 1 && stepper.real_limit() >= rate);
            assert!(n == 3 || legendre_limit(n - 2) < rate, "{rate}: {n}");
        }
    }
}
