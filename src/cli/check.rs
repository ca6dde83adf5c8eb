//! `simrun check CONFIG`: validates a configuration and shows what a run would need.

use super::plot::PictureFormat;
use crate::error::Result;
use crate::parallel::World;
use crate::simulation::{Case, report, save_scenery, say};
use std::path::{Path, PathBuf};

/// The arguments of a check.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The configuration to check, TOML
    pub config: PathBuf,

    /// The number of ranks to plan for
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub ranks: u32,

    /// Replace a value of the configuration: `--set time.steps=100`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,

    /// Draw what stands on the grid, where the kernel can tell
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "png")]
    pub plot: Option<PictureFormat>,

    /// The picture [default: output/<name of CONFIG>-check.png]
    #[arg(long, value_name = "FILE", requires = "plot")]
    pub output: Option<PathBuf>,
}

/// Prints the report.
///
/// # Errors
/// [`crate::error::Error::Config`] with all that is wrong; [`crate::error::Error::Io`] if the picture cannot be written.
pub fn run(args: &CheckArgs) -> Result<()> {
    let case = Case::load(&World::single(), &args.config, &args.overrides)?;
    say(report(&case, args.ranks as usize)?.trim_end());
    match args.plot {
        Some(format) => draw(&case, args, format),
        None => Ok(()),
    }
}

fn draw(case: &Case, args: &CheckArgs, format: PictureFormat) -> Result<()> {
    let stem = args
        .config
        .file_stem()
        .unwrap_or_else(|| "case".as_ref())
        .to_string_lossy();
    let default = || Path::new("output").join(format!("{stem}-check.{}", format.extension()));
    let path = args.output.clone().unwrap_or_else(default);
    save_scenery(case, &path)?;
    say(&format!("{:<15} {}", "picture", path.display()));
    Ok(())
}
