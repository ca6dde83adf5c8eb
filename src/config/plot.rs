//! `[plot]`: how the pictures of a run look.

use super::Table;

/// The look of pictures as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotConfig {
    /// Names of the fields to draw; all if empty.
    pub fields: Vec<String>,
    /// One of viridis, plasma, inferno, magma, coolwarm, gray; chosen by the plot unless given.
    pub colormap: Option<String>,
    /// Whether colours follow the logarithm of the value.
    pub log: bool,
    /// Values at the ends of the colour bar; those of the data unless given.
    pub range: Option<[f64; 2]>,
}

const COLORMAPS: [&str; 6] = ["viridis", "plasma", "inferno", "magma", "coolwarm", "gray"];

impl PlotConfig {
    pub(super) fn read(table: &Table) -> PlotConfig {
        let log = table.boolean("log").unwrap_or(false);
        PlotConfig {
            fields: table.strings("fields").unwrap_or_default(),
            colormap: table
                .choice("colormap", &COLORMAPS.map(|name| (name, name)))
                .map(String::from),
            log,
            range: read_range(table, log),
        }
    }
}

fn read_range(table: &Table, log: bool) -> Option<[f64; 2]> {
    let numbers = table.numbers_of("range", 2)?;
    let range = [numbers[0], numbers[1]];
    if range[0] >= range[1] {
        let message = format!("`range` in [plot] must ascend, but {} follows {}", range[1], range[0]);
        table.error_at("range", message, "write range = [lowest, highest]");
        return None;
    }
    if log && range[0] <= 0.0 {
        let message = format!("`range` in [plot] begins at {}, which has no logarithm", range[0]);
        table.error_at_item("range", 0, message, "begin above zero, or remove `log`");
        return None;
    }
    Some(range)
}
