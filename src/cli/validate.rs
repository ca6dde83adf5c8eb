//! `simrun validate`: runs the cases of `validation/` and judges what comes out.

use super::plot::PictureFormat;
use crate::error::Result;
use crate::parallel::World;
use crate::study::{self, ValidationPlan};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// Run the cases of a folder, and compare what comes out with values from elsewhere.
///
/// Every line shows a value from the files of a run, the reference, the tolerance and the source. The exit code is 1 if a
/// check fails. The runs go to OUTPUT/<case>/<run>, where they replace earlier ones.
#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// The cases [default: all]
    #[arg(value_name = "CASE")]
    pub wanted: Vec<String>,

    /// The folder of cases: one folder each, with case.toml and expected.toml
    #[arg(long, value_name = "DIR", default_value = "validation")]
    pub cases: PathBuf,

    /// Draw errors over cell sizes for all cases that measure orders of accuracy
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "png")]
    pub plot: Option<PictureFormat>,

    /// The folder for runs and pictures
    #[arg(long, value_name = "DIR", default_value = "output/validate")]
    pub output: PathBuf,
}

/// Validates as asked, on all ranks; rank 0 reads files, judges and prints.
///
/// # Errors
/// Those of [`study::validate`].
pub fn run(args: &ValidateArgs, world: &World) -> Result<()> {
    let plan = ValidationPlan {
        cases: args.cases.clone(),
        wanted: args.wanted.clone(),
        output: args.output.clone(),
        picture: args.plot.map(PictureFormat::extension),
    };
    let mut say = |text: &str| {
        if world.is_root() {
            let mut out = std::io::stdout();
            // A reader that has gone away is no reason to stop.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    };
    study::validate(world, &plan, &mut say)
}
