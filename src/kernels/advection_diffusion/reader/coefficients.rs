//! Reads wind and diffusivity.

use super::Context;
use crate::config::Table;
use crate::grid::PerAxis;
use crate::kernels::advection_diffusion::parameters::{Diffusivity, FaceMean, Wind};
use crate::kernels::advection_diffusion::refuse::indefinite;
use crate::numerics::formula::Formula;

/// `wind` or `stream_function`; calm where neither is given.
pub(super) fn wind(table: &Table, context: &Context) -> Option<Wind> {
    match table.one_of(&["wind", "stream_function"]) {
        None => Some(Wind::Components(zeros())),
        Some("wind") => {
            let components = table.formulas("wind", context.dims, context.place_and_time());
            per_axis(components?).map(Wind::Components)
        }
        Some(key) if context.dims == 3 => {
            table.error_at(
                key,
                "a stream function makes a wind in two dimensions, and the grid has three",
                "give the three components instead: `wind = [u, v, w]`",
            );
            // Marks the key as read: its text is not what is wrong.
            table.formula(key, context.place_and_time())?;
            None
        }
        Some(key) => table.formula(key, context.place_and_time()).map(Wind::Stream),
    }
}

/// `diffusivity`: one for all axes, a list of one per axis, or a symmetric matrix; none is zero.
pub(super) fn diffusivity(table: &Table, context: &Context) -> Option<Diffusivity> {
    let key = "diffusivity";
    let mean = table.choice(
        "face_mean",
        &[
            ("sampled", FaceMean::Sampled),
            ("arithmetic", FaceMean::Arithmetic),
            ("harmonic", FaceMean::Harmonic),
        ],
    );
    let mut diffusivity = if !table.has(key) {
        Diffusivity::diagonal(zeros())
    } else if table.is_matrix(key) {
        Diffusivity {
            tensor: tensor(table, key, context)?,
            mean: FaceMean::Sampled,
        }
    } else if table.is_array(key) {
        Diffusivity::diagonal(per_axis(table.formulas(
            key,
            context.dims,
            context.place_and_time(),
        )?)?)
    } else {
        let one = table.formula(key, context.place_and_time())?;
        Diffusivity::diagonal(per_axis(vec![one; context.dims])?)
    };
    diffusivity.mean = mean.unwrap_or(FaceMean::Sampled);
    refuse_negative(table, key, &diffusivity, context)?;
    if diffusivity.is_tensor() && diffusivity.mean == FaceMean::Harmonic {
        table.error_at(
            "face_mean",
            "harmonic means of the entries of a full tensor need not be a diffusivity",
            "use \"arithmetic\" or \"sampled\" with a full tensor",
        );
        return None;
    }
    Some(diffusivity)
}

fn zeros() -> PerAxis<Formula> {
    [0; 3].map(|_| Formula::constant(0.0))
}

/// One formula per named axis, with zero for z in 2D.
fn per_axis(mut formulas: Vec<Formula>) -> Option<PerAxis<Formula>> {
    formulas.resize(3, Formula::constant(0.0));
    formulas.try_into().ok()
}

/// A symmetric matrix, with zero for z in 2D.
fn tensor(table: &Table, key: &str, context: &Context) -> Option<PerAxis<PerAxis<Formula>>> {
    let mut rows = table.formula_matrix(key, context.dims, context.place_and_time())?;
    for row in 0..context.dims {
        for column in 0..row {
            let (below, above) = (&rows[row][column], &rows[column][row]);
            let are_same = match (below.as_constant(), above.as_constant()) {
                (Some(below), Some(above)) => below == above,
                _ => below == above,
            };
            if !are_same {
                table.error_at_entry(
                    key,
                    (row, column),
                    format!(
                        "`{key}[{row}][{column}]` is \"{below}\", and `{key}[{column}][{row}]` is \"{above}\": a diffusivity is \
                         symmetric"
                    ),
                    "write the same formula in both places",
                );
                return None;
            }
        }
    }
    rows.resize(3, Vec::new());
    let rows: Option<Vec<_>> = rows.into_iter().map(per_axis).collect();
    rows?.try_into().ok()
}

/// Refuses what is negative in some direction whatever the place, as far as it is given by numbers.
fn refuse_negative(table: &Table, key: &str, diffusivity: &Diffusivity, context: &Context) -> Option<()> {
    let constants = diffusivity
        .tensor
        .each_ref()
        .map(|row| row.each_ref().map(Formula::as_constant));
    let negative = (0..3).find_map(|axis| constants[axis][axis].filter(|value| *value < 0.0));
    if let Some(value) = negative {
        table.error_at(
            key,
            format!("a diffusivity of {value} m2/s is negative"),
            "diffusion smooths only with a diffusivity of zero or more",
        );
        return None;
    }
    if constants.iter().flatten().all(Option::is_some) {
        let matrix = constants.map(|row| row.map(|entry| entry.unwrap_or_default()));
        if let Some(message) = indefinite(&matrix, context.dims) {
            table.error_at(key, message, "diffusion smooths only if it does so in every direction");
            return None;
        }
    }
    Some(())
}
