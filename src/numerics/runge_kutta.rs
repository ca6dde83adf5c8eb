//! Explicit time stepping schemes that keep one copy of the state beside each stage.

/// One stage of a low-storage scheme: `q_next = q_0 + fraction dt f(q_prev, t + time dt)`.
///
/// `q_0` is the state at the beginning of the step, `q_prev` what the stage before wrote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// Share of dt that the tendency is multiplied with.
    pub fraction: f64,
    /// Time at which the tendency is evaluated, as a share of dt.
    pub time: f64,
}

/// A time stepping scheme whose stages all start from the state at the beginning of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepper {
    /// Forward Euler: `q1 = q0 + dt f(q0)`. First order.
    Euler,
    /// Three stages, `q1 = q0 + dt/3 f(q0)`, `q2 = q0 + dt/2 f(q1)`, `q3 = q0 + dt f(q2)`. Third order for linear
    /// problems, second otherwise. Source: L. J. Wicker and W. C. Skamarock, Mon. Wea. Rev. 130 (2002), eq. 3.
    Rk3,
}

impl Stepper {
    pub fn stages(self) -> &'static [Stage] {
        const EULER: [Stage; 1] = [Stage {
            fraction: 1.0,
            time: 0.0,
        }];
        const RK3: [Stage; 3] = [
            Stage {
                fraction: 1.0 / 3.0,
                time: 0.0,
            },
            Stage {
                fraction: 0.5,
                time: 1.0 / 3.0,
            },
            Stage {
                fraction: 1.0,
                time: 0.5,
            },
        ];
        match self {
            Stepper::Euler => &EULER,
            Stepper::Rk3 => &RK3,
        }
    }

    /// Length of the stability region along the negative real axis: the largest `-z` of a decaying mode.
    pub fn real_limit(self) -> f64 {
        match self {
            Stepper::Euler => 2.0,
            // |1 + z + z2/2 + z3/6| = 1 at z = -2.512745...
            Stepper::Rk3 => 2.5127,
        }
    }

    /// Length of the stability region along the imaginary axis: the largest `|z|` of an undamped oscillation; 0 if all
    /// grow.
    pub fn imaginary_limit(self) -> f64 {
        match self {
            Stepper::Euler => 0.0,
            // |R(iy)|^2 = 1 - y4/12 + y6/36 <= 1 for y2 <= 3; rounded down.
            Stepper::Rk3 => 1.732,
        }
    }

    /// The factor by which one step multiplies a mode with `f(q) = (z/dt) q`.
    pub fn amplification(self, re: f64, im: f64) -> (f64, f64) {
        let start = (1.0, 0.0);
        self.stages().iter().fold(start, |(a, b), stage| {
            let (zr, zi) = (stage.fraction * re, stage.fraction * im);
            (1.0 + zr * a - zi * b, zr * b + zi * a)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus(stepper: Stepper, re: f64, im: f64) -> f64 {
        let (a, b) = stepper.amplification(re, im);
        a.hypot(b)
    }

    #[test]
    fn amplification_is_the_truncated_exponential() {
        let z: f64 = -0.3;
        assert_eq!(Stepper::Euler.amplification(z, 0.0).0, 1.0 + z);
        let (re, im) = Stepper::Rk3.amplification(z, 0.0);
        // Three additions of numbers near one: a few units in the last place.
        assert!((re - (1.0 + z + z * z / 2.0 + z * z * z / 6.0)).abs() < 1e-15 && im == 0.0);
    }

    #[test]
    fn limits_are_where_modes_begin_to_grow() {
        for stepper in [Stepper::Euler, Stepper::Rk3] {
            let r = stepper.real_limit();
            assert!(modulus(stepper, -r, 0.0) <= 1.0 + 1e-12 && modulus(stepper, -r * 1.001, 0.0) > 1.0);
            let i = stepper.imaginary_limit();
            assert!(modulus(stepper, 0.0, i) <= 1.0 && modulus(stepper, 0.0, i * 1.001 + 1e-3) > 1.0);
        }
    }
}
