//! The value on a face, from the cells on both sides of it.
//!
//! Cells across a face, along its axis: `q = [q_-3, q_-2, q_-1, q_0, q_1, q_2]`, the face lies between `q_-1` and `q_0`. A
//! scheme reads only as many as its reach says. The advective flux is `u q_face`, with the wind u at the face.
//!
//! | scheme | face value for u > 0, mirrored for u < 0 | order |
//! |---|---|---|
//! | upwind 1 | `q_-1` | 1 |
//! | upwind 3 | `(-q_-2 + 5 q_-1 + 2 q_0)/6` | 3 |
//! | upwind 5 | `(2 q_-3 - 13 q_-2 + 47 q_-1 + 27 q_0 - 3 q_1)/60` | 5 |
//! | centred 2 | `(q_-1 + q_0)/2` | 2 |
//! | centred 4 | `(7 (q_-1 + q_0) - (q_-2 + q_1))/12` | 4 |
//! | WENO 5 | three parabolas, weighted by how smooth they are | 5, also at extrema |
//! | limited | upwind 5 (upwind 3 beside a wall), kept between `q_-1` and `q_-1 + minmod(q_0 - q_-1, q_-1 - q_-2)` | 2 and more where smooth, 1 at extrema |
//!
//! The orders are those of the divergence of face values in one dimension, or with a constant wind in several; with a wind
//! that varies across a face the flux is of second order, as with every scheme that takes one point per face.
//!
//! Sources: L. J. Wicker and W. C. Skamarock, Mon. Wea. Rev. 130 (2002), eq. 4, for the odd orders as even ones with a
//! damping term; G.-S. Jiang and C.-W. Shu, J. Comput. Phys. 126 (1996), eqs. 2.11 to 2.18, for the parabolas of WENO, with
//! the weights of R. Borges, M. Carmona, B. Costa and W. S. Don, J. Comput. Phys. 227 (2008), eq. 31, and power 2; for the
//! region in which the limited value lies, P. K. Sweby, SIAM J. Numer. Anal. 21 (1984), whose proof for one dimension holds
//! face by face in several (see `limited`).

use super::parameters::Advection;
use crate::field::Real;

/// What one face's flux is computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaceScheme {
    /// No wind through the face.
    Still,
    Upwind1,
    Upwind3,
    Upwind5,
    Centred2,
    Centred4,
    Weno5,
    /// Limited upwind 5.
    Limited5,
    /// Limited upwind 3.
    Limited3,
}

impl Advection {
    /// Cells that the scheme reads on each side of a face.
    pub fn reach(self) -> i64 {
        match self {
            Advection::Upwind1 | Advection::Centred2 => 1,
            Advection::Upwind3 | Advection::Centred4 => 2,
            Advection::Upwind5 | Advection::Weno5 | Advection::Limited => 3,
        }
    }

    /// The scheme at a face with so many cells of the grid below and above it (or more): near a wall those that read
    /// fewer.
    pub(super) fn at_face(self, cells_beside: i64) -> FaceScheme {
        match (self, cells_beside) {
            (Advection::Upwind1, _) => FaceScheme::Upwind1,
            (Advection::Centred2, _) => FaceScheme::Centred2,
            (Advection::Upwind5, 3..) => FaceScheme::Upwind5,
            (Advection::Weno5, 3..) => FaceScheme::Weno5,
            (Advection::Limited, 3..) => FaceScheme::Limited5,
            (Advection::Upwind3 | Advection::Upwind5, 2..) => FaceScheme::Upwind3,
            (Advection::Centred4, 2..) => FaceScheme::Centred4,
            (Advection::Weno5 | Advection::Limited, 2) => FaceScheme::Limited3,
            (Advection::Upwind3 | Advection::Upwind5 | Advection::Centred4, _) => FaceScheme::Centred2,
            (Advection::Weno5 | Advection::Limited, _) => FaceScheme::Upwind1,
        }
    }
}

/// A scheme as a type, so that every row loop is compiled for it.
pub(super) trait Scheme<T>: Copy {
    /// The advective flux through the face.
    fn flux(self, q: [T; 6], u: T) -> T;
}

/// A scheme whose face value is the upstream cell's and a bounded step towards the downstream one.
pub(super) trait Limited<T>: Copy {
    /// What the face value differs by from the upstream cell's.
    fn step(self, q: [T; 6], u: T) -> T;
}

#[derive(Clone, Copy)]
pub(super) struct Still;
#[derive(Clone, Copy)]
pub(super) struct Upwind1;
#[derive(Clone, Copy)]
pub(super) struct Upwind3;
#[derive(Clone, Copy)]
pub(super) struct Upwind5;
#[derive(Clone, Copy)]
pub(super) struct Centred2;
#[derive(Clone, Copy)]
pub(super) struct Centred4;
#[derive(Clone, Copy)]
pub(super) struct Weno5;
#[derive(Clone, Copy)]
pub(super) struct Limited5;
#[derive(Clone, Copy)]
pub(super) struct Limited3;

/// Calls `$call` with `$scheme` bound to the type of a [`FaceScheme`] in flux form.
macro_rules! with_scheme {
    ($face:expr, |$scheme:ident| $call:expr) => {{
        use $crate::kernels::advection_diffusion::schemes::{self, FaceScheme};
        macro_rules! with {
            ($type:ident) => {{
                let $scheme = schemes::$type;
                $call
            }};
        }
        match $face {
            FaceScheme::Still => with!(Still),
            FaceScheme::Upwind1 => with!(Upwind1),
            FaceScheme::Upwind3 => with!(Upwind3),
            FaceScheme::Upwind5 => with!(Upwind5),
            FaceScheme::Centred2 => with!(Centred2),
            FaceScheme::Centred4 => with!(Centred4),
            FaceScheme::Weno5 => with!(Weno5),
            FaceScheme::Limited5 => with!(Limited5),
            FaceScheme::Limited3 => with!(Limited3),
        }
    }};
}
pub(super) use with_scheme;

#[inline(always)]
fn number<T: Real>(value: f64) -> T {
    T::from_f64(value)
}

#[inline(always)]
fn smaller<T: Real>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

#[inline(always)]
fn larger<T: Real>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// The five cells that an upwind scheme of fifth order reads, from far upstream to downstream.
#[inline(always)]
fn along_the_wind<T: Real>([a, b, c, d, e, f]: [T; 6], u: T) -> [T; 5] {
    let choose = |rightward, leftward| if u > T::ZERO { rightward } else { leftward };
    [choose(a, f), choose(b, e), choose(c, d), choose(d, c), choose(e, b)]
}

impl<T: Real> Scheme<T> for Still {
    #[inline(always)]
    fn flux(self, _: [T; 6], _: T) -> T {
        T::ZERO
    }
}

impl<T: Real> Scheme<T> for Upwind1 {
    #[inline(always)]
    fn flux(self, [_, _, left, right, _, _]: [T; 6], u: T) -> T {
        let rightward = larger(u, T::ZERO);
        let leftward = smaller(u, T::ZERO);
        rightward * left + leftward * right
    }
}

impl<T: Real> Scheme<T> for Centred2 {
    #[inline(always)]
    fn flux(self, [_, _, left, right, _, _]: [T; 6], u: T) -> T {
        u * ((left + right) * number(0.5))
    }
}

impl<T: Real> Scheme<T> for Centred4 {
    #[inline(always)]
    fn flux(self, [_, b, c, d, e, _]: [T; 6], u: T) -> T {
        u * ((number::<T>(7.0) * (c + d) - (b + e)) * number(1.0 / 12.0))
    }
}

impl<T: Real> Scheme<T> for Upwind3 {
    #[inline(always)]
    fn flux(self, [_, b, c, d, e, _]: [T; 6], u: T) -> T {
        let even = number::<T>(7.0) * (c + d) - (b + e);
        let damping = (e - b) - number::<T>(3.0) * (d - c);
        (u * even + u.abs() * damping) * number(1.0 / 12.0)
    }
}

impl<T: Real> Scheme<T> for Upwind5 {
    #[inline(always)]
    fn flux(self, [a, b, c, d, e, f]: [T; 6], u: T) -> T {
        let even = number::<T>(37.0) * (c + d) - number::<T>(8.0) * (b + e) + (a + f);
        let damping = (f - a) - number::<T>(5.0) * (e - b) + number::<T>(10.0) * (d - c);
        (u * even - u.abs() * damping) * number(1.0 / 60.0)
    }
}

impl<T: Real> Scheme<T> for Weno5 {
    #[inline(always)]
    fn flux(self, q: [T; 6], u: T) -> T {
        let [a, b, c, d, e] = along_the_wind(q, u);
        let (two, three, four, five) = (number::<T>(2.0), number::<T>(3.0), number::<T>(4.0), number::<T>(5.0));
        // How rough each parabola is: beta.
        let rough = |curvature: T, slope: T| {
            number::<T>(13.0 / 12.0) * (curvature * curvature) + number::<T>(0.25) * (slope * slope)
        };
        let upstream = rough(a - two * b + c, a - four * b + three * c);
        let middle = rough(b - two * c + d, b - d);
        let downstream = rough(c - two * d + e, three * c - four * d + e);
        // As shares of their sum, so that the unit of q does not matter; what is added is as far below them as the
        // weight of a discontinuity should be.
        let least = if size_of::<T>() == 4 {
            f64::from(f32::MIN_POSITIVE)
        } else {
            f64::MIN_POSITIVE
        };
        let inverse = T::ONE / (upstream + middle + downstream + number(least));
        let tau = (upstream - downstream) * inverse;
        let tau = tau * tau;
        let square = |beta: T| {
            let share = beta * inverse + number(1e-6);
            share * share
        };
        let (s0, s1, s2) = (square(upstream), square(middle), square(downstream));
        // Weights d_k (1 + (tau/beta_k)^2), all times the product of the three denominators.
        let w0 = (s0 + tau) * (s1 * s2);
        let w1 = number::<T>(6.0) * ((s1 + tau) * (s0 * s2));
        let w2 = three * ((s2 + tau) * (s0 * s1));
        // The parabolas' values on the face, less the upstream cell's, times 6.
        let p0 = two * a - number::<T>(7.0) * b + five * c;
        let p1 = two * d - b - c;
        let p2 = five * d - four * c - e;
        let step = (w0 * p0 + w1 * p1 + w2 * p2) / (number::<T>(6.0) * (w0 + w1 + w2));
        u * (c + step)
    }
}

/// `step`, kept between zero and the smaller of the differences to the cells downstream and upstream, if these have the
/// same sign; zero otherwise.
#[inline(always)]
fn limit<T: Real>(step: T, to_downstream: T, from_upstream: T) -> T {
    let up = larger(smaller(to_downstream, from_upstream), T::ZERO);
    let down = smaller(larger(to_downstream, from_upstream), T::ZERO);
    larger(smaller(step, up), down)
}

impl<T: Real> Limited<T> for Limited5 {
    #[inline(always)]
    fn step(self, q: [T; 6], u: T) -> T {
        let [a, b, c, d, e] = along_the_wind(q, u);
        let free = number::<T>(2.0) * a - number::<T>(13.0) * (b + c) + number::<T>(27.0) * d - number::<T>(3.0) * e;
        limit(free * number(1.0 / 60.0), d - c, c - b)
    }
}

impl<T: Real> Limited<T> for Limited3 {
    #[inline(always)]
    fn step(self, q: [T; 6], u: T) -> T {
        let [_, b, c, d, _] = along_the_wind(q, u);
        let (downstream, upstream) = (d - c, c - b);
        let free = (number::<T>(2.0) * downstream + upstream) * number(1.0 / 6.0);
        limit(free, downstream, upstream)
    }
}

impl<T: Real> Limited<T> for Upwind1 {
    #[inline(always)]
    fn step(self, _: [T; 6], _: T) -> T {
        T::ZERO
    }
}

impl<T: Real> Limited<T> for Still {
    #[inline(always)]
    fn step(self, _: [T; 6], _: T) -> T {
        T::ZERO
    }
}

/// The flux of a limited face value.
#[inline(always)]
fn limited_flux<T: Real>(scheme: impl Limited<T>, q: [T; 6], u: T) -> T {
    let upstream = if u > T::ZERO { q[2] } else { q[3] };
    u * (upstream + scheme.step(q, u))
}

impl<T: Real> Scheme<T> for Limited5 {
    #[inline(always)]
    fn flux(self, q: [T; 6], u: T) -> T {
        limited_flux(self, q, u)
    }
}

impl<T: Real> Scheme<T> for Limited3 {
    #[inline(always)]
    fn flux(self, q: [T; 6], u: T) -> T {
        limited_flux(self, q, u)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [FaceScheme; 8] = [
        FaceScheme::Upwind1,
        FaceScheme::Upwind3,
        FaceScheme::Upwind5,
        FaceScheme::Centred2,
        FaceScheme::Centred4,
        FaceScheme::Weno5,
        FaceScheme::Limited5,
        FaceScheme::Limited3,
    ];

    fn flux(face: FaceScheme, q: [f64; 6], u: f64) -> f64 {
        with_scheme!(face, |scheme| scheme.flux(q, u))
    }

    #[test]
    fn a_uniform_field_has_the_same_value_on_every_face() {
        for face in ALL {
            // Weights are sums of a few rounded products.
            for u in [2.0, -3.0] {
                assert!((flux(face, [0.7; 6], u) - 0.7 * u).abs() < 1e-14, "{face:?}");
            }
        }
    }

    #[test]
    fn the_mirror_image_has_the_opposite_flux() {
        let q = [0.3, 0.7, 0.2, 0.9, 1.4, 1.1];
        let mirrored = [q[5], q[4], q[3], q[2], q[1], q[0]];
        for face in ALL {
            for u in [0.8, -0.6] {
                assert!((flux(face, q, u) + flux(face, mirrored, -u)).abs() < 1e-15, "{face:?}");
            }
        }
    }

    /// Cell averages of x^n about the face at 0, cells one wide.
    fn averages(n: i32) -> [f64; 6] {
        [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0].map(|x: f64| ((x + 1.0).powi(n + 1) - x.powi(n + 1)) / f64::from(n + 1))
    }

    #[test]
    fn polynomials_below_the_order_are_exact_on_the_face() {
        let orders = [
            (FaceScheme::Upwind1, 1),
            (FaceScheme::Upwind3, 3),
            (FaceScheme::Upwind5, 5),
            (FaceScheme::Centred2, 2),
            (FaceScheme::Centred4, 4),
        ];
        for (face, order) in orders {
            for u in [1.0, -1.0] {
                for n in 0..order {
                    let exact = if n == 0 { u } else { 0.0 };
                    // Sums of numbers up to a thousand.
                    assert!((flux(face, averages(n), u) - exact).abs() < 1e-12, "{face:?} x^{n}");
                }
                assert!(
                    flux(face, averages(order), u).abs() > 1e-3,
                    "{face:?} is of order {order} only"
                );
            }
        }
    }

    #[test]
    fn weno_uses_no_parabola_across_a_jump() {
        // Rough downstream of the face: the value is the smooth side's.
        let value = flux(FaceScheme::Weno5, [1.0, 1.0, 1.0, 100.0, 100.0, 100.0], 1.0);
        assert!((value - 1.0).abs() < 1e-6, "{value}");
        let value = flux(FaceScheme::Weno5, [0.0, 0.0, 0.0, 0.0, 1e-9, 1e-9], -1.0);
        assert!((value + 1e-9).abs() < 1.01e-9, "{value:e}");
    }

    #[test]
    fn the_unit_of_the_field_does_not_matter_to_weno() {
        let q = [0.3, 0.7, 0.2, 0.9, 1.4, 1.1];
        for unit in [1e-30, 1e-9, 1e20] {
            let scaled = q.map(|v| v * unit);
            let ratio = flux(FaceScheme::Weno5, scaled, 0.5) / flux(FaceScheme::Weno5, q, 0.5) / unit;
            // A few roundings.
            assert!((ratio - 1.0).abs() < 1e-12, "{unit:e}: {ratio:e}");
        }
    }

    #[test]
    fn a_limited_value_lies_between_its_two_cells() {
        let mut state = 1u64;
        let mut random = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            ((state >> 33) % 7) as f64
        };
        for _ in 0..10_000 {
            let q = [0; 6].map(|_| random());
            for face in [FaceScheme::Limited5, FaceScheme::Limited3] {
                for u in [1.0, -1.0] {
                    let value = flux(face, q, u) * u;
                    let (low, high) = (q[2].min(q[3]), q[2].max(q[3]));
                    // The last addition may round by a unit of numbers up to 7.
                    assert!((low - 1e-15..=high + 1e-15).contains(&value), "{face:?} {q:?}: {value}");
                }
            }
        }
    }

    #[test]
    fn near_walls_no_scheme_reads_beyond() {
        for scheme in [
            Advection::Upwind1,
            Advection::Upwind3,
            Advection::Upwind5,
            Advection::Centred2,
            Advection::Centred4,
            Advection::Weno5,
            Advection::Limited,
        ] {
            for cells in 1..5 {
                let reach = match scheme.at_face(cells) {
                    FaceScheme::Still | FaceScheme::Upwind1 | FaceScheme::Centred2 => 1,
                    FaceScheme::Upwind3 | FaceScheme::Centred4 | FaceScheme::Limited3 => 2,
                    FaceScheme::Upwind5 | FaceScheme::Weno5 | FaceScheme::Limited5 => 3,
                };
                assert!(reach <= cells && (cells < 3 || reach == scheme.reach()));
            }
        }
    }
}
