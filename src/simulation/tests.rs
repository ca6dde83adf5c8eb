//! A physics that chooses its stages and measures something: what a run and `check` make of it.

use super::*;
use crate::error::{Error, Result};
use crate::field::{Real, StageView};
use crate::grid::{Grid, PerAxis, Tile};
use crate::kernels::{Declaration, Kernel, KernelError, Physics, Rates, Remark, StageCall, StepChoice};
use crate::parallel::World;
use std::path::Path;

/// Diffusion with forward Euler, or where a step of `time.dt` needs it with three stages.
#[derive(Debug)]
struct Choosing(Box<dyn Physics>);

/// The transport kernel, which also measures where its tile ends and how far it is from there to the grid's end.
struct Measuring<T> {
    kernel: Box<dyn Kernel<T>>,
    measures: Vec<f64>,
}

impl Physics for Choosing {
    fn periodic(&self) -> PerAxis<bool> {
        self.0.periodic()
    }
    fn declaration(&self, grid: &Grid) -> Declaration {
        self.0.declaration(grid)
    }
    fn numbers(&self) -> Vec<&'static str> {
        self.0.numbers()
    }
    fn summary(&self) -> String {
        self.0.summary()
    }

    fn fitted(&self, step: &StepChoice, rates: &Rates) -> std::result::Result<Option<Box<dyn Physics>>, KernelError> {
        match step.dt.map(|dt| dt * rates.total) {
            Some(number) if number > 10.0 => Err(KernelError {
                key: "kernel.stages".into(),
                message: format!("{number:.1} is too much for any number of stages"),
                place: None,
            }),
            Some(number) if number > 1.0 => Ok(Some(Box::new(Choosing(case("rk3", "").physics)))),
            _ => Ok(None),
        }
    }

    fn remarks(&self, measures: &[f64], span: Option<f64>) -> Vec<Remark> {
        let remark = |text: String, is_warning| Remark { text, is_warning };
        vec![
            remark(format!("measured {measures:?}"), false),
            remark(format!("a run of {span:?}"), true),
        ]
    }

    fn single(&self, grid: &Grid) -> Box<dyn Kernel<f32>> {
        let kernel = self.0.single(grid);
        let measures = Vec::new();
        Box::new(Measuring { kernel, measures })
    }
    fn double(&self, grid: &Grid) -> Box<dyn Kernel<f64>> {
        let kernel = self.0.double(grid);
        let measures = Vec::new();
        Box::new(Measuring { kernel, measures })
    }
}

impl<T: Real> Kernel<T> for Measuring<T> {
    fn prepare(&mut self, tile: &Tile, start: f64) -> std::result::Result<(), KernelError> {
        let (end, whole) = (tile.owned.hi[1] as f64, tile.grid.cells[1] as f64);
        self.measures = vec![end, whole - end];
        self.kernel.prepare(tile, start)
    }
    fn initialise(&self, call: &StageCall, view: &StageView<'_, T>) {
        self.kernel.initialise(call, view);
    }
    fn run(&self, call: &StageCall, view: &StageView<'_, T>) {
        self.kernel.run(call, view);
    }
    fn rates(&self, time: f64) -> std::result::Result<Rates, KernelError> {
        self.kernel.rates(time)
    }
    fn rates_vary(&self) -> bool {
        self.kernel.rates_vary()
    }
    fn measures(&self, _: f64) -> Vec<f64> {
        self.measures.clone()
    }
}

/// Forward Euler is stable up to 0.25 s, the scheme of three stages up to 0.31 s.
fn case(stepper: &str, time: &str) -> Case {
    let text = format!(
        r#"
        [grid]
        cells = [32, 16]
        spacing = [1, 1]
        [time]
        steps = 6
        {time}
        [kernel]
        type = "advection-diffusion"
        diffusivity = 1
        stepper = "{stepper}"
        boundary = {{ all = "periodic" }}
        [[kernel.field]]
        name = "q"
        initial = "sin(pi*x/16)"
    "#
    );
    Case::parse("t.toml", &text, &[]).unwrap()
}

fn choosing(time: &str) -> Case {
    let mut case = case("euler", time);
    case.physics = Box::new(Choosing(case.physics));
    case
}

fn run_into(case: &Case, folder: &Path) -> Result<Summary> {
    let options = Options {
        output: Some(folder.to_path_buf()),
        quiet: true,
        ..Options::default()
    };
    run(&World::single(), case, &options)
}

#[test]
fn a_run_takes_as_many_stages_as_its_step_needs() {
    let place = tempfile::tempdir().unwrap();
    let read = |name: &str, file: &str| std::fs::read_to_string(place.path().join(name).join(file)).unwrap();
    for (dt, stepper) in [("dt = 0.2", "euler"), ("dt = 0.3", "rk3"), ("cfl = 0.9", "euler")] {
        let (fitted, given) = (format!("{dt} fitted"), format!("{dt} given"));
        run_into(&choosing(dt), &place.path().join(&fitted)).unwrap();
        run_into(&case(stepper, dt), &place.path().join(&given)).unwrap();
        assert_eq!(read(&fitted, "history.csv"), read(&given, "history.csv"), "{dt}");
        let summary = case(stepper, dt).physics.summary();
        assert!(read(&fitted, "log.txt").contains(&summary), "{dt}");
    }
    let Err(Error::Config(text)) = run_into(&choosing("dt = 30"), &place.path().join("none")) else {
        panic!("no number of stages will do")
    };
    assert!(text.contains("t.toml: `kernel.stages`: 120.0 is too much"), "{text}");
    assert!(!place.path().join("none").exists());
}

#[test]
fn what_there_is_to_remark_is_logged() {
    let place = tempfile::tempdir().unwrap();
    run_into(&choosing("dt = 0.25"), &place.path().join("run")).unwrap();
    let log = std::fs::read_to_string(place.path().join("run/log.txt")).unwrap();
    assert!(log.contains("measured [16.0, 0.0]"), "{log}");
    assert!(log.contains("warning: a run of Some(1.5)"), "{log}");
}

#[test]
fn a_report_counts_the_stages_and_the_memory_that_a_run_will_have() {
    let line = |report: &str, name: &str| -> String {
        let line = report.lines().find(|line| line.starts_with(name));
        // What memory the machine has left changes from one report to the next.
        line.unwrap_or_else(|| panic!("no {name} in\n{report}"))
            .split(';')
            .next()
            .unwrap_or_default()
            .to_string()
    };
    let fitted = report(&choosing("dt = 0.3"), 2).unwrap();
    let given = report(&case("rk3", "dt = 0.3"), 2).unwrap();
    for name in ["kernel", "exchange", "memory", "dt", "steps"] {
        assert_eq!(line(&fitted, name), line(&given, name));
    }
    assert!(line(&fitted, "steps").ends_with("each of 3 stages"), "{fitted}");
    assert!(line(&fitted, "remark").ends_with("measured [16.0, 0.0]"), "{fitted}");
    assert!(
        line(&fitted, "warning").ends_with("a run of Some(1.7999999999999998)"),
        "{fitted}"
    );
}

/// More cells than are looked at at once: the largest of all pieces counts.
#[test]
fn a_report_measures_all_pieces_of_a_large_grid() {
    let mut large = choosing("dt = 0.2");
    large.grid.cells = [2048, 512, 1];
    let report = report(&large, 1).unwrap();
    assert!(report.contains("measured [512.0, 384.0]"), "{report}");
}
