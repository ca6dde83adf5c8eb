//! How pictures look: what the command line says, and what the configuration of the run says where it is silent.

use super::PlotArgs;
use super::extent::Extent;
use crate::config::{Config, Document, PlotConfig};
use crate::plot::{ColorScale, Colormap};

/// The look of the pictures of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    colormap: Option<Colormap>,
    pub log: bool,
    range: Option<(f64, f64)>,
    /// The fields that the configuration wants drawn; all if empty.
    pub fields: Vec<String>,
}

impl Look {
    /// The look after `args` and the resolved configuration `config_text`. A configuration that this version does not
    /// understand says nothing.
    pub fn new(args: &PlotArgs, config_text: &str) -> Look {
        let configured = config_of(config_text).map(|config| config.plot);
        let of = |choose: &dyn Fn(&PlotConfig) -> Option<Colormap>| configured.as_ref().and_then(choose);
        let log = args.log.or(configured.as_ref().map(|plot| plot.log)).unwrap_or(false);
        let range = configured.as_ref().and_then(|plot| plot.range).map(|[lo, hi]| (lo, hi));
        Look {
            colormap: args
                .colormap
                .or_else(|| of(&|plot| plot.colormap.as_deref().and_then(Colormap::from_name))),
            log,
            // A configured range may have no logarithm, if only the command line asks for one.
            range: args.range.or(range.filter(|(lo, _)| !log || *lo > 0.0)),
            fields: configured.map(|plot| plot.fields).unwrap_or_default(),
        }
    }

    /// The colours for values that span `extent`: one scale for all pictures that it covers. Unless chosen, values of
    /// two signs get a map with a neutral middle.
    pub fn color_scale(&self, extent: &Extent) -> ColorScale {
        let is_two_sided = !self.log && self.range.map_or(extent.is_two_sided(), |(lo, hi)| lo == -hi);
        let default = if is_two_sided {
            Colormap::Coolwarm
        } else {
            Colormap::default()
        };
        let map = self.colormap.unwrap_or(default);
        let is_symmetric = map.is_diverging() && extent.lowest < 0.0 && extent.highest > 0.0;
        ColorScale {
            map,
            range: self.range.or_else(|| extent.range(self.log, is_symmetric)),
            log: self.log,
        }
    }
}

/// What the resolved configuration `text` says, as far as this version understands it.
fn config_of(text: &str) -> Option<Config> {
    let document = Document::parse("the configuration of the run", text, &[]).ok()?;
    Config::read(&document)
}

/// The two values of `LO,HI`.
pub fn range_from_text(text: &str) -> Result<(f64, f64), String> {
    let (lo, hi) = text
        .split_once(',')
        .and_then(|(lo, hi)| Some((lo.trim().parse::<f64>().ok()?, hi.trim().parse::<f64>().ok()?)))
        .ok_or_else(|| "a range is written as two numbers with a comma between them, such as 0,120".to_string())?;
    match lo < hi && (hi - lo).is_finite() {
        true => Ok((lo, hi)),
        false => Err(format!(
            "a range has two finite numbers, the lower one first, but {hi} follows {lo}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[grid]\ncells = [4, 3]\nsize = [4.0, 3.0]\n[time]\nsteps = 1\n[kernel]\ntype = 'x'\n\
                          [plot]\ncolormap = 'magma'\nlog = true\nrange = [1e-3, 10]\nfields = ['so2']\n";

    #[test]
    fn the_configuration_counts_where_the_command_line_is_silent() {
        let look = Look::new(&PlotArgs::default(), CONFIG);
        let expected = Look {
            colormap: Some(Colormap::Magma),
            log: true,
            range: Some((1e-3, 10.0)),
            fields: vec!["so2".into()],
        };
        assert_eq!(look, expected);
        let args = PlotArgs {
            colormap: Some(Colormap::Gray),
            log: Some(false),
            range: Some((-1.0, 1.0)),
            ..PlotArgs::default()
        };
        let look = Look::new(&args, CONFIG);
        assert_eq!(
            (look.colormap, look.log, look.range),
            (Some(Colormap::Gray), false, Some((-1.0, 1.0)))
        );
    }

    #[test]
    fn a_configuration_that_is_not_understood_says_nothing() {
        for text in ["", "[plot", "[grid]\ncells = 'many'"] {
            let look = Look::new(&PlotArgs::default(), text);
            assert_eq!((look.colormap, look.log, look.range), (None, false, None));
        }
    }

    #[test]
    fn values_of_two_signs_get_a_map_with_a_neutral_middle() {
        let look = Look::new(&PlotArgs::default(), "");
        let scale = look.color_scale(&Extent::NONE.including(&[-1.0, 3.0]));
        assert_eq!((scale.map, scale.range), (Colormap::Coolwarm, Some((-3.0, 3.0))));
        let scale = look.color_scale(&Extent::NONE.including(&[-1e-6, 3.0]));
        assert_eq!((scale.map, scale.range), (Colormap::Viridis, Some((-1e-6, 3.0))));
    }

    #[test]
    fn a_range_is_two_ascending_numbers() {
        assert_eq!(range_from_text("-1e-3, 20"), Ok((-1e-3, 20.0)));
        for text in ["", "1", "1,", "1;2", "2,1", "1,1", "0,inf", "nan,1", "1,2,3"] {
            assert!(range_from_text(text).is_err(), "{text}");
        }
    }
}
