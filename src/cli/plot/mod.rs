//! `simrun plot`: pictures of snapshots, histories, probes and traces.
//!
//! Owns the choice of what is drawn, its words and its file names; the drawing itself belongs to `plot`, the reading to
//! `files`. Start reading with `pictures`, which walks through a run; `field_view` decides how one field is shown,
//! `look` with which colours, `probe_panels` which fields of a probe share a panel, `trace_view` which steps of a trace are
//! shown; columns of a history share panels as `simulation` says.

mod destination;
mod extent;
mod field_view;
mod look;
mod pictures;
mod plane_choice;
mod probe_panels;
mod selection;
#[cfg(test)]
mod tests;
mod trace_view;

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};

use self::look::range_from_text;
pub use self::plane_choice::PlaneChoice;
use super::steps::Steps;
use crate::error::Result;
use crate::plot::Colormap;

/// Draws snapshots, histories, probes and traces as pictures: of a run the last snapshot of each series, the history, all
/// probes and the trace, into its folder `plots`; of a file into the folder where it lies.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct PlotArgs {
    /// Snapshots (.h5), histories and probes (.csv), traces (.json) or folders of runs [default: the latest run under output/]
    #[arg(value_name = "FILE or RUN")]
    pub paths: Vec<PathBuf>,
    /// Draws this field only; may be given several times
    #[arg(long = "field", value_name = "NAME")]
    pub fields: Vec<String>,
    /// Draws every snapshot of a run, with one colour range for each series
    #[arg(long)]
    pub all: bool,
    /// Draws the plane of a 3D field that is nearest to x, y or z = M metres, in place of the three central ones
    #[arg(long, value_name = "AXIS=M")]
    pub plane: Option<PlaneChoice>,
    /// Draws these steps of a trace: `100..103` are three of them [default: a few in the middle]
    #[arg(long, value_name = "A..B")]
    pub steps: Option<Steps>,
    /// Values at the ends of the colour bar, in the unit of the field
    #[arg(long, value_name = "LO,HI", value_parser = range_from_text, allow_hyphen_values = true)]
    pub range: Option<(f64, f64)>,
    /// Colours follow the logarithm of the value; --log=false undoes what the configuration says
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub log: Option<bool>,
    /// From values to colours
    #[arg(long, value_name = "NAME", value_parser = colormap_parser())]
    pub colormap: Option<Colormap>,
    /// The kind of file
    #[arg(long, value_enum, default_value_t)]
    pub format: PictureFormat,
    /// The folder for the pictures
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// The kind of file that a picture becomes.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureFormat {
    #[default]
    Png,
    Svg,
}

impl PictureFormat {
    /// The ending of file names, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            PictureFormat::Png => "png",
            PictureFormat::Svg => "svg",
        }
    }
}

/// Draws what `args` ask for and prints the path of each picture.
///
/// # Errors
/// [`Error::Config`](crate::error::Error::Config) if a field, a plane or a range that was asked for does not fit the
/// data, or a file that the run did not write is in the way; [`Error::Io`](crate::error::Error::Io) if something cannot
/// be read or written, or there is nothing to draw.
pub fn run(args: &PlotArgs) -> Result<()> {
    pictures::draw(args, Path::new("output"), &mut std::io::stdout().lock())
}

fn colormap_parser() -> impl TypedValueParser<Value = Colormap> {
    let names = PossibleValuesParser::new(Colormap::ALL.map(Colormap::name));
    names.try_map(|name| Colormap::from_name(&name).ok_or_else(|| format!("there is no colour map '{name}'")))
}
