//! A kernel that only has rates, and the steps that are taken for it.

use super::super::rate_source::AllRanks;
use super::*;
use crate::field::StageView;
use crate::grid::Tile;
use crate::kernels::{Kernel, KernelError, Rate, StageCall};
use crate::parallel::World;
use std::sync::Mutex;

/// A wind that depends on time alone: 1 m/s makes a rate of 1/s, and one that is not finite has no meaning.
struct Windy {
    wind: fn(f64) -> f64,
    varies: bool,
    /// The times at which rates were asked for.
    asked: Mutex<Vec<f64>>,
}

impl Windy {
    fn new(wind: fn(f64) -> f64) -> Windy {
        Windy {
            wind,
            varies: true,
            asked: Mutex::new(Vec::new()),
        }
    }
}

impl Kernel<f64> for Windy {
    fn prepare(&mut self, _: &Tile, _: f64) -> std::result::Result<(), KernelError> {
        Ok(())
    }
    fn initialise(&self, _: &StageCall, _: &StageView<'_, f64>) {}
    fn run(&self, _: &StageCall, _: &StageView<'_, f64>) {}

    fn rates(&self, time: f64) -> std::result::Result<Rates, KernelError> {
        self.asked.lock().unwrap().push(time);
        let rate = (self.wind)(time).abs();
        let lost = || KernelError {
            key: "kernel.wind[0]".into(),
            message: "is not a number".into(),
            place: None,
        };
        let term = |term, number, value| Rate {
            term,
            number,
            value,
            limit: value,
        };
        (!rate.is_nan()).then_some(()).ok_or_else(lost)?;
        Ok(Rates {
            terms: vec![
                term("advection", "courant", rate),
                term("diffusion", "diffusion_number", 0.0),
                term("decay", "decay_number", 0.0),
            ],
            total: rate,
        })
    }

    fn rates_vary(&self) -> bool {
        self.varies
    }
}

fn case(time: &str) -> Case {
    let text = format!(
        r#"
        [grid]
        cells = [4, 4]
        spacing = [1, 1]
        [time]
        {time}
        [kernel]
        type = "advection-diffusion"
        boundary = {{ all = "periodic" }}
        [[kernel.field]]
        name = "q"
    "#
    );
    Case::parse("t.toml", &text, &[]).unwrap()
}

/// The steps of a whole run, each with the Courant number that it is told to have, and how it ended.
struct Course {
    steps: Vec<(Tick, f64)>,
    /// The time at the end.
    time: f64,
    end: Result<()>,
}

fn course(kernel: &Windy, time: &str, event: Option<f64>) -> Course {
    let case = case(time);
    let world = World::single();
    let mut source = AllRanks::new(&world, &case, kernel as &dyn Kernel<f64>);
    let mut clock = Clock::new(&case.config.time);
    let mut steps = Vec::new();
    let first = source.at(clock.time()).unwrap();
    let end = StepLimit::new(&case, kernel.varies, first, &mut source).and_then(|mut limit| {
        while !clock.is_finished() {
            let event = event.filter(|&event| event > clock.reached());
            let tick = limit.tick(&mut clock, event, &mut source)?;
            steps.push((tick, limit.rates().terms[0].value * tick.dt));
            clock.advance();
        }
        Ok(())
    });
    Course {
        steps,
        time: clock.time(),
        end,
    }
}

/// Ten times the wind for a fifth of a second, between the ends of any step of the calm before.
fn gust(t: f64) -> f64 {
    1.0 + 9.0 * (-((t - 5.0) / 0.2).powi(2)).exp()
}

#[test]
fn a_gust_is_seen_before_it_comes_and_forgotten_after() {
    let course = course(&Windy::new(gust), "end = 20\ncfl = 0.5", None);
    assert_eq!((course.end, course.time), (Ok(()), 20.0));
    for (tick, courant) in &course.steps {
        let worst = [0.0, 0.5, 1.0].map(|share| gust(tick.time + share * tick.dt) * tick.dt);
        // The slack of the clock, which may stretch steps so that one more is not needed.
        assert!(
            worst.iter().all(|&number| number <= 0.5 * (1.0 + 3.0 * SLACK)),
            "{tick:?}: {worst:?}"
        );
        // Times differ from the clock's by rounding.
        let told = worst.into_iter().fold(0.0, f64::max);
        assert!((courant - told).abs() < 1e-12, "{courant} is not {told}");
    }
    let dt_at = |time: f64| course.steps.iter().rfind(|(tick, _)| tick.time <= time).unwrap().0.dt;
    assert!(dt_at(0.5) > 0.4 && dt_at(5.0) < 0.051 && dt_at(15.0) > 0.4);
}

/// Between the samples a wind is not seen: how much stronger it can be there follows from how fast it turns.
#[test]
fn stages_between_the_samples_exceed_the_limit_by_what_a_quarter_of_a_step_can_change() {
    let course = course(&Windy::new(gust), "end = 20\ncfl = 0.5", None);
    for (tick, _) in &course.steps {
        let worst = (0..=60)
            .map(|n| gust(tick.time + f64::from(n) / 60.0 * tick.dt))
            .fold(0.0, f64::max);
        // Taylor about the maximum, at most a quarter of a step from a sample: w''/2 (dt/4)^2 with w'' = 2*9/0.2^2.
        let unseen = 9.0 / 0.04 * (0.25 * tick.dt).powi(2);
        assert!(
            worst * tick.dt <= (0.5 + unseen * tick.dt) * (1.0 + 3.0 * SLACK),
            "{tick:?}: {worst}"
        );
    }
}

#[test]
fn all_steps_of_a_block_are_equal_and_meet_what_is_due() {
    let course = course(&Windy::new(|t| 1.0 + 0.5 * t), "end = 6\ncfl = 0.2", Some(2.5));
    assert_eq!((course.end, course.time), (Ok(()), 6.0));
    let lengths: Vec<f64> = course.steps.iter().map(|(tick, _)| tick.dt).collect();
    let changes: Vec<usize> = (1..lengths.len()).filter(|&n| lengths[n] != lengths[n - 1]).collect();
    let at_event = course
        .steps
        .iter()
        .position(|(tick, _)| tick.time == 2.5)
        .expect("2.5 s is met");
    let since = |n: &usize| if *n < at_event { *n } else { n - at_event } as u64;
    assert!(
        changes.len() > 3 && changes.iter().all(|n| since(n).is_multiple_of(BLOCK)),
        "{changes:?}"
    );
}

#[test]
fn constant_rates_are_asked_for_once() {
    let mut kernel = Windy::new(|_| 2.0);
    kernel.varies = false;
    let course = course(&kernel, "end = 10\ncfl = 0.5", None);
    assert_eq!((course.steps.len(), course.end), (40, Ok(())));
    assert_eq!(*kernel.asked.lock().unwrap(), [0.0]);
}

#[test]
fn nobody_looks_beyond_the_end_nor_looks_twice_at_the_end_of_a_block() {
    let kernel = Windy::new(|t| if t <= 3.0 { 1.0 } else { f64::NAN });
    let course = course(&kernel, "end = 3\ncfl = 0.05", None);
    assert_eq!((course.steps.len(), course.end), (60, Ok(())));
    let asked = kernel.asked.into_inner().unwrap();
    // The start; the first block before and at the start of the run; seven blocks, the last of four steps.
    assert_eq!(asked.len() as u64, 1 + 2 * BLOCK + 2 * 60);
}

#[test]
fn a_wind_that_loses_its_meaning_ends_the_run_when_it_gets_there() {
    let kernel = Windy::new(|t| if t < 7.3 { 1.0 } else { f64::NAN });
    let lost = course(&kernel, "end = 20\ncfl = 0.5", None);
    // Steps of half a second: the middle of the one that begins at 7.0 is the last that has a wind.
    assert_eq!((lost.steps.len(), lost.time), (14, 7.0));
    let Err(Error::Numerical(text)) = lost.end else {
        panic!("{:?}", lost.end)
    };
    assert!(
        text.contains("at t = 7.5 s") && text.contains("kernel.wind[0]"),
        "{text}"
    );
    // A run that ends before has nothing to fear, however far it looked.
    let few = course(&kernel, "steps = 14\ncfl = 0.5", None);
    assert_eq!((few.end, few.time), (Ok(()), 7.0));
}

#[test]
fn a_fixed_step_is_refused_at_the_step_that_it_is_too_long_for() {
    let kernel = Windy::new(gust);
    let short = course(&kernel, "end = 20\ndt = 0.1", None);
    assert_eq!((short.steps.len(), short.end), (200, Ok(())));
    let long = course(&kernel, "end = 20\ndt = 0.25", None);
    let Err(Error::Numerical(text)) = long.end else {
        panic!("{:?}", long.end)
    };
    // 1 + 9 exp(-((t - 5)/0.2)^2) exceeds 1/0.25 within 0.2 sqrt(ln 3) = 0.2096 of 5 s: first seen at 4.875 s.
    assert_eq!(long.time, 4.75);
    assert!(text.contains("`time.dt` = 0.25 s is unstable at t = 4.875 s"), "{text}");
    let never = course(&kernel, "end = 20\ndt = 1.5", None);
    assert!(matches!(never.end, Err(Error::Config(_))) && never.steps.is_empty());
}

#[test]
fn a_rate_without_bounds_is_an_error_and_not_a_step_of_no_length() {
    let pole = course(
        &Windy::new(|t| if t < 3.0 { 1.0 } else { f64::INFINITY }),
        "end = 9",
        None,
    );
    let Err(Error::Numerical(text)) = pole.end else {
        panic!("{:?}", pole.end)
    };
    assert!(
        text.contains("no time step is stable at t = 3") && pole.time < 3.0,
        "{text}"
    );
}

/// At the start and at every full hour this tide has no wind but for rounding.
#[test]
fn a_slack_tide_is_not_taken_for_calm() {
    let tide = |t: f64| 5.0 * libm::sin(std::f64::consts::PI * t / 3600.0) / 100.0;
    for time in ["end = 360000", "start = 3600\nend = 363600"] {
        let course = course(&Windy::new(tide), time, None);
        assert_eq!(course.end, Ok(()), "{time}");
        let told = course.steps.iter().map(|(_, courant)| *courant).fold(0.0, f64::max);
        assert!(told > 0.5 && told <= 0.9 * (1.0 + 3.0 * SLACK), "{time}: {told}");
        let worst = course.steps.iter().map(|(tick, _)| tick.dt).fold(0.0, f64::max);
        // A quarter of the tide's period of two hours is seen by three samples at least.
        assert!(worst < 1800.0, "{time}: {worst}");
    }
}
