//! Empty boxes on a small lattice: nothing but rounding gets out, and inside is the incident field.

mod lattice;

use super::*;
use crate::kernels::fdtd::component::Polarization;
use lattice::Lattice;

/// -280 dB below the peak of the wave.
const LEAK: f64 = 1e-14;
/// What the field inside may differ from the incident one, relative to the peak.
const INSIDE: f64 = 1e-13;

/// A waveform from a function.
struct Given<F>(F, Span);

impl<F> fmt::Debug for Given<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.fmt(f)
    }
}

impl<F: Fn(f64) -> f64 + Send + Sync> Signal for Given<F> {
    fn value(&self, time: f64) -> f64 {
        (self.0)(time)
    }

    fn span(&self) -> Span {
        self.1
    }
}

fn any(f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Arc<dyn Signal> {
    Arc::new(Given(f, Span::Unknown))
}

/// A Gaussian of `width` on a carrier of `frequency`, that is over after 17 widths.
fn modulated_gaussian(frequency: f64, width: f64, start: f64) -> Arc<dyn Signal> {
    let middle = start + 8.5 * width;
    let value = move |t: f64| {
        let phase = phase::cosine_and_sine(frequency * (t - middle) + 0.1).0;
        libm::exp(-0.5 * ((t - middle) / width).powi(2)) * phase
    };
    let end = start + 17.0 * width;
    Arc::new(Given(value, Span::Pulse { start, end }))
}

/// Time of the first step, as a length.
const START: f64 = 0.25;
/// V/m.
const AMPLITUDE: f64 = 2.5;

const VACUUM: Medium = Medium {
    permittivity: 1.0,
    permeability: 1.0,
};

fn grid(cells: PerAxis<usize>, spacing: PerAxis<f64>) -> Grid {
    Grid {
        cells,
        dims: if cells[2] == 1 { 2 } else { 3 },
        spacing,
        origin: [0.0; 3],
        periodic: [false; 3],
    }
}

/// A box that leaves `margin` cells on every side of an active axis.
fn inner(grid: &Grid, margin: i64) -> PerAxis<Extent> {
    [0, 1, 2].map(|axis| match grid.is_active(axis) {
        true => Extent::Faces {
            lo: margin,
            hi: grid.cells[axis] as i64 - margin - 1,
        },
        false => Extent::Whole,
    })
}

/// Runs an empty box, and returns the peaks of what is outside and of the deviation inside, over that of the wave.
fn run(lattice: &mut Lattice, wave: &PlaneWave, steps: u64) -> [f64; 2] {
    let mut largest = [0.0_f64; 3];
    for step in 0..steps {
        lattice.step(step, wave);
        let now = lattice.compare(step, wave);
        largest = [0, 1, 2].map(|n| largest[n].max(now[n]));
    }
    assert!(largest[2] > 0.5, "the wave did not come: {largest:?}");
    [largest[0] / largest[2], largest[1] / largest[2]]
}

#[track_caller]
fn exact(lattice: &mut Lattice, wave: &PlaneWave, steps: u64) {
    let [leak, deviation] = run(lattice, wave, steps);
    assert!(leak < LEAK, "{:.1} dB outside", 20.0 * leak.log10());
    assert!(deviation < INSIDE, "{deviation:e} inside");
}

fn wave(lattice: &Lattice, direction: PerAxis<f64>, polarization: PerAxis<f64>, signal: Arc<dyn Signal>) -> PlaneWave {
    wave_in(lattice, inner(&lattice.grid, 4), direction, polarization, signal)
}

fn wave_in(
    lattice: &Lattice,
    extent: PerAxis<Extent>,
    direction: PerAxis<f64>,
    polarization: PerAxis<f64>,
    signal: Arc<dyn Signal>,
) -> PlaneWave {
    attempt(lattice, extent, direction, polarization, signal)
        .unwrap_or_else(|refusal| panic!("{}\n{}", refusal.message, refusal.help))
}

fn attempt(
    lattice: &Lattice,
    extent: PerAxis<Extent>,
    direction: PerAxis<f64>,
    polarization: PerAxis<f64>,
    signal: Arc<dyn Signal>,
) -> Result<PlaneWave, Refusal> {
    let parameters = Parameters {
        extent,
        direction,
        polarization,
        amplitude: AMPLITUDE,
    };
    let timing = Timing {
        start: START / lattice.medium.speed(),
        dt: lattice.dt,
    };
    PlaneWave::new(&lattice.grid, &parameters, lattice.medium, timing, signal)
}

fn jump() -> Arc<dyn Signal> {
    any(|t| if t > 2.0 { 1.0 } else { 0.0 })
}

fn triangle() -> Arc<dyn Signal> {
    any(|t| (1.0 - (t - 9.0).abs() / 5.0).max(0.0))
}

const CUBES: PerAxis<f64> = [1.0; 3];
const BRICKS: PerAxis<f64> = [1.0, 0.8, 1.25];

#[test]
fn nothing_leaves_a_box_along_integer_triples_in_3d() {
    for (direction, polarization) in [
        ([1.0, 0.0, 0.0], [0.0, 0.3, 1.0]),
        ([0.0, -1.0, 1.0], [1.0, 1.0, 0.0]),
        ([1.0, 2.0, 3.0], [0.0, 0.0, 1.0]),
        ([-2.0, 1.0, 0.0], [0.2, 0.0, 1.0]),
    ] {
        for signal in [jump(), triangle()] {
            let grid = grid([22, 20, 19], CUBES);
            let mut lattice = Lattice::new(&grid, Polarization::Full, VACUUM, 0.98);
            let wave = wave(&lattice, direction, polarization, signal);
            assert!(matches!(wave.origin, Origin::Line(_)));
            exact(&mut lattice, &wave, 90);
        }
    }
}

#[test]
fn triples_are_exact_in_a_medium_of_bricks() {
    let grid = grid([21, 22, 18], BRICKS);
    let medium = Medium {
        permittivity: 2.0,
        permeability: 1.5,
    };
    for m in [[1.0, 2.0, -1.0], [3.0, 1.0, 0.0], [-1.0, -1.0, -1.0]] {
        let mut lattice = Lattice::new(&grid, Polarization::Full, medium, 0.9);
        let direction = [0, 1, 2].map(|axis| m[axis] / BRICKS[axis]);
        let wave = wave(&lattice, direction, [0.1, 0.5, 1.0], triangle());
        assert!(matches!(wave.origin, Origin::Line(_)));
        exact(&mut lattice, &wave, 120);
    }
}

#[test]
fn nothing_leaves_a_box_in_2d() {
    let grid = grid([40, 33, 1], [1.0, 0.5, 1.0]);
    for (polarization, toward) in [
        (Polarization::Ez, [0.0, 0.0, 1.0]),
        (Polarization::Hz, [-0.5, 0.5, 0.0]),
    ] {
        for (direction, signal) in [
            ([1.0, 2.0, 0.0], jump()),
            ([2.0, -1.0, 0.0], triangle()),
            ([1.0, 0.377, 0.0], modulated_gaussian(0.07, 4.5, 0.3)),
            ([-0.3, 1.0, 0.0], modulated_gaussian(0.07, 4.5, 0.3)),
            ([1.0, -0.7, 0.0], modulated_gaussian(0.0, 5.0, 0.3)),
        ] {
            let mut lattice = Lattice::new(&grid, polarization, VACUUM, 0.95);
            let wave = wave(&lattice, direction, toward, signal);
            exact(&mut lattice, &wave, 320);
        }
    }
}

#[test]
fn nothing_leaves_a_box_at_any_angle_in_3d() {
    for (spacing, direction) in [
        (CUBES, [1.0, 0.618, -0.3]),
        (BRICKS, [-0.2, 0.77, 0.41]),
        (BRICKS, [0.0, 1.0, 1e-3]),
    ] {
        let grid = grid([22, 20, 19], spacing);
        let mut lattice = Lattice::new(&grid, Polarization::Full, VACUUM, 0.98);
        let wave = wave(&lattice, direction, [0.3, 1.0, 0.2], modulated_gaussian(0.06, 4.0, 0.3));
        assert!(matches!(wave.origin, Origin::AnyDirection(_)));
        exact(&mut lattice, &wave, 190);
    }
}

/// A sine that begins with the integral of a Gaussian.
fn continuous(frequency: f64, width: f64, start: f64) -> Arc<dyn Signal> {
    let middle = start + 8.5 * width;
    let value = move |t: f64| {
        let ramp = 0.5 * libm::erfc(-(t - middle) / (std::f64::consts::SQRT_2 * width));
        ramp * phase::cosine_and_sine(frequency * (t - middle) + 0.3).1
    };
    let span = Span::Steady {
        start,
        steady: start + 17.0 * width,
        frequency,
    };
    Arc::new(Given(value, span))
}

/// A box of some wavelengths in open space, in 2D.
fn in_open_space(cells: usize, courant: f64) -> Lattice {
    let grid = grid([cells, cells - 7, 1], CUBES);
    let mut lattice = Lattice::new(&grid, Polarization::Ez, VACUUM, courant);
    lattice.skin = 12;
    lattice
}

#[test]
fn a_wave_that_becomes_steady_leaves_nothing_either() {
    for direction in [[1.0, 0.377, 0.0], [1.0, 3.0, 0.0]] {
        let mut lattice = in_open_space(60, 0.95);
        let extent = inner(&lattice.grid, 14);
        let wave = wave_in(&lattice, extent, direction, [0.0, 0.0, 1.0], continuous(0.08, 4.0, 0.3));
        // 17 widths of the beginning, the way through the box, and some 20 periods.
        exact(&mut lattice, &wave, 600);
    }
}

#[test]
fn nothing_leaves_a_box_of_many_wavelengths() {
    for direction in [[1.0, 0.377, 0.0], [0.5, -1.234, 0.0]] {
        for signal in [modulated_gaussian(0.1, 6.0, 0.3), continuous(0.1, 6.0, 0.3)] {
            let mut lattice = in_open_space(130, 0.7);
            let extent = inner(&lattice.grid, 14);
            let wave = wave_in(&lattice, extent, direction, [0.0, 0.0, 1.0], signal);
            exact(&mut lattice, &wave, 500);
        }
    }
}

#[test]
fn a_periodic_axis_may_be_taken_whole() {
    let mut grid = grid([30, 5, 4], BRICKS);
    grid.periodic = [false, true, true];
    let extent = [Extent::Faces { lo: 6, hi: 22 }, Extent::Whole, Extent::Whole];
    for (direction, signal) in [([1.0, 0.0, 0.0], jump()), ([-1.0, 0.0, 0.0], triangle())] {
        let mut lattice = Lattice::new(&grid, Polarization::Full, VACUUM, 0.95);
        let wave = wave_in(&lattice, extent, direction, [0.0, 0.6, 0.8], signal);
        exact(&mut lattice, &wave, 80);
    }
}

#[test]
fn si_units_leave_as_little() {
    let medium = Medium {
        permittivity: 8.854_187_8e-12,
        permeability: 1.256_637_06e-6,
    };
    let (speed, nm) = (medium.speed(), 1e-9);
    let grid = grid([20, 19, 18], [5.0 * nm; 3]);
    let start = START / speed;
    let late = start + 20.0 * nm / speed;
    for (direction, signal) in [
        ([1.0, 1.0, 0.0], any(move |t| if t > late { 1.0 } else { 0.0 })),
        (
            [1.0, 0.3, -0.2],
            modulated_gaussian(0.012 * speed / nm, 20.0 * nm / speed, late),
        ),
    ] {
        let mut lattice = Lattice::new(&grid, Polarization::Full, medium, 0.95);
        let wave = wave(&lattice, direction, [0.1, 0.2, 1.0], signal);
        exact(&mut lattice, &wave, 150);
    }
}

/// What the wave is at the corner that it meets first, E along z, at the beginning of a step.
fn at_corner(lattice: &Lattice, wave: &PlaneWave, step: u64) -> f64 {
    let corner = [0, 1, 2].map(|axis| wave.corner[axis] / 2);
    assert_eq!(lattice.polarization, Polarization::Ez);
    wave.value(&wave.at(step), Component::Ez, corner)
}

#[test]
fn the_waveform_is_the_one_at_the_corner_that_the_wave_meets_first() {
    let (frequency, width) = (0.05, 5.0);
    let deviation = |direction: PerAxis<f64>, fineness: usize| {
        let side = 1.0 / fineness as f64;
        let grid = grid([16 * fineness, 18 * fineness, 1], [side, side, 1.0]);
        let lattice = Lattice::new(&grid, Polarization::Ez, VACUUM, 0.95);
        let signal = modulated_gaussian(frequency, width, 0.3);
        let wave = wave(&lattice, direction, [0.0, 0.0, 1.0], signal.clone());
        let steps = (85.0 / lattice.dt) as u64;
        let difference = |step| {
            let time = START + step as f64 * lattice.dt;
            (at_corner(&lattice, &wave, step) / AMPLITUDE - signal.value(time)).abs()
        };
        (0..steps).map(difference).fold(0.0, f64::max)
    };
    // What the band leaves out, and the interpolations.
    assert!(deviation([1.0, 0.377, 0.0], 1) < LEAK && deviation([-1.0, -0.377, 0.0], 1) < LEAK);
    // A triple's wave is prescribed within two cells before the corner: second order in the size of the cells.
    for direction in [[1.0, 0.0, 0.0], [1.0, 2.0, 0.0], [-3.0, 1.0, 0.0]] {
        let [coarse, fine] = [1, 2].map(|fineness| deviation(direction, fineness));
        assert!(coarse < 0.05 && coarse / fine > 3.4, "{direction:?} {coarse} {fine}");
    }
}

#[test]
fn the_end_of_the_line_sends_nothing_back() {
    let grid = grid([30, 30, 1], CUBES);
    for direction in [[1.0, 0.0, 0.0], [1.0, 2.0, 0.0], [3.0, -1.0, 0.0]] {
        let lattice = Lattice::new(&grid, Polarization::Ez, VACUUM, 0.98);
        // Waves of 20 cells, down to 8 at a thousandth of the peak.
        let wave = wave(&lattice, direction, [0.0, 0.0, 1.0], modulated_gaussian(0.05, 9.0, 0.3));
        let middle = |step: u64| wave.value(&wave.at(step), Component::Ez, [14, 14, 0]).abs();
        let over = |from: f64, to: f64| {
            let steps = (from / lattice.dt) as u64..(to / lattice.dt) as u64;
            steps.map(middle).fold(0.0, f64::max)
        };
        let peak = over(0.0, 200.0);
        // The pulse is past the middle after 153 + 30, and would be back after twice the layer, 128 cells and more.
        let back = over(240.0, 1500.0);
        assert!(back < 1e-9 * peak, "{direction:?} {:e}", back / peak);
    }
}

#[test]
fn fields_do_not_depend_on_who_asked_before() {
    let grid = grid([20, 18, 1], CUBES);
    let lattice = Lattice::new(&grid, Polarization::Hz, VACUUM, 0.95);
    for direction in [[1.0, 2.0, 0.0], [1.0, 0.377, 0.0]] {
        let make = || {
            wave(
                &lattice,
                direction,
                [-1.0, 1.0, 0.0],
                modulated_gaussian(0.07, 4.5, 0.3),
            )
        };
        let bits = |wave: &PlaneWave, step: u64| {
            let incident = wave.at(step);
            Polarization::Hz
                .components()
                .iter()
                .map(|c| wave.value(&incident, *c, [9, 7, 0]).to_bits())
                .collect::<Vec<_>>()
        };
        let (in_order, at_random) = (make(), make());
        let expected: Vec<_> = (0..120).map(|step| bits(&in_order, step)).collect();
        for step in [119, 60, 61, 59, 3, 100, 118, 60] {
            assert_eq!(bits(&at_random, step), expected[step as usize], "{step}");
        }
        assert!(expected[60].iter().any(|bits| f64::from_bits(*bits).abs() > 0.1));
    }
}

#[track_caller]
fn refused(direction: PerAxis<f64>, signal: Arc<dyn Signal>, words: &[&str]) {
    let lattice = Lattice::new(&grid([20, 18, 1], CUBES), Polarization::Ez, VACUUM, 0.95);
    let refusal =
        attempt(&lattice, inner(&lattice.grid, 4), direction, [0.0, 0.0, 1.0], signal).expect_err("a refusal");
    let said = format!("{}\n{}", refusal.message, refusal.help);
    for word in words {
        assert!(said.contains(word), "{word}\nis not in\n{said}");
    }
}

#[test]
fn waveforms_that_no_sum_of_waves_stands_for_are_refused() {
    let direction = [1.0, 0.377, 0.0];
    refused(direction, jump(), &["band is not known", "small integers", "[8, 3]"]);
    let triangle = Given(
        |t: f64| (1.0 - (t - 9.0).abs() / 5.0).max(0.0),
        Span::Pulse { start: 4.0, end: 14.0 },
    );
    refused(
        direction,
        Arc::new(triangle),
        &["frequencies above", "make the pulse longer", "1e-13"],
    );
    let early = modulated_gaussian(0.07, 4.5, START - 4.5);
    refused(
        direction,
        early,
        &["begun before the run", "delay it by 4.5", "small integers"],
    );
    refused(
        direction,
        continuous(0.08, 0.5, 0.3),
        &["frequencies above", "longer `ramp`"],
    );
    refused(
        direction,
        modulated_gaussian(1e-4, 1e5, 0.3),
        &["steps, more than", "shorter"],
    );
}
