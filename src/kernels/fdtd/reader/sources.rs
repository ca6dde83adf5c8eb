//! Reads currents, entries of `source`.

use super::waveform::waveform;
use crate::config::{GridConfig, Table};
use crate::grid::{AXIS_NAMES, PerAxis};
use crate::kernels::fdtd::component::{Component, Polarization};
use crate::kernels::fdtd::current::Current;
use crate::kernels::fdtd::waveform::Drive;

/// What a reader of sources needs to know of the whole.
pub struct Context<'a> {
    pub grid: &'a GridConfig,
    pub polarization: Polarization,
    /// Time of the initial state, s.
    pub start: f64,
    /// What to warn of if a source has a part at this frequency, Hz, which is its highest: nothing where the grid resolves it.
    pub unresolved: &'a dyn Fn(f64) -> Option<String>,
}

/// What an entry of `source` describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    Dipole,
    Line,
    Sheet,
    Volume,
    PlaneWave,
}

impl SourceKind {
    /// Reads `type`. Where it is wrong, no other key of the table is complained of.
    pub fn read(table: &Table) -> Option<SourceKind> {
        let kinds = [
            ("dipole", SourceKind::Dipole),
            ("line", SourceKind::Line),
            ("sheet", SourceKind::Sheet),
            ("volume", SourceKind::Volume),
            ("plane-wave", SourceKind::PlaneWave),
        ];
        let remedy = "say what it is: \"dipole\", \"line\", \"sheet\", \"volume\" or \"plane-wave\"";
        let kind = table.require("type", remedy).choice("type", &kinds);
        if kind.is_none() {
            table.accept_rest();
        }
        kind
    }

    /// The name, and the number of axes along which such a current extends.
    fn extent(self) -> (&'static str, usize) {
        match self {
            SourceKind::Dipole => ("dipole", 0),
            SourceKind::Line => ("line", 1),
            SourceKind::Sheet => ("sheet", 2),
            SourceKind::Volume => ("volume", 3),
            SourceKind::PlaneWave => ("plane-wave", 3),
        }
    }
}

/// Reads a source of any kind but [`SourceKind::PlaneWave`], which is not a current.
pub fn current(table: &Table, kind: SourceKind, context: &Context) -> Option<Current> {
    let component = component(table, context);
    let place = place(table, kind, context);
    let profile = match kind != SourceKind::Dipole && table.has("profile") {
        true => table.formula("profile", &AXIS_NAMES[..context.grid.dims]).map(Some),
        false => Some(None),
    };
    let drive = drive(table, kind);
    let amplitude = drive.and_then(|(key, _)| table.number(key));
    let drive = drive.map(|(_, drive)| drive);
    let waveform = waveform(table, context, drive.unwrap_or(Drive::Current));
    let (from, to) = place?;
    Some(Current {
        component: component?,
        from,
        to,
        profile: profile?,
        amplitude: amplitude?,
        drive: drive?,
        waveform: waveform?,
    })
}

/// The component that the current is along.
fn component(table: &Table, context: &Context) -> Option<Component> {
    let there: Vec<&str> = context
        .polarization
        .components()
        .iter()
        .map(|component| component.name())
        .collect();
    let there = there.join(", ");
    let all = Component::ALL.map(|component| (component.name(), component));
    let component = table
        .require("component", &format!("say which way the current flows: one of {there}"))
        .choice("component", &all)?;
    if !context.polarization.has(component) {
        table.error_at(
            "component",
            format!("the polarization of this case has no {}", component.name()),
            format!("its components are {there}"),
        );
        return None;
    }
    Some(component)
}

/// The key of the amplitude, and what it is the amplitude of.
fn drive(table: &Table, kind: SourceKind) -> Option<(&'static str, Drive)> {
    let key = match kind {
        SourceKind::Dipole => table.require_one_of(
            &["moment", "current"],
            "say how strong it is: `moment`, C m (magnetic: Wb m), or `current`, A m (magnetic: V m)",
        ),
        _ => {
            table.require(
                "current",
                "say how strong it is: `current`, A for a line, A/m for a sheet, A/m2 for a volume",
            );
            Some("current")
        }
    };
    Some(match key? {
        "moment" => ("moment", Drive::Moment),
        _ => ("current", Drive::Current),
    })
}

/// Lower and upper corner; the same for a point.
fn place(table: &Table, kind: SourceKind, context: &Context) -> Option<(PerAxis<f64>, PerAxis<f64>)> {
    let is_point_in_2d = kind == SourceKind::Line && context.grid.dims == 2;
    if kind == SourceKind::Dipole || is_point_in_2d && table.has("at") {
        table.require("at", "say where: at = [x, y], m, with a third number in 3D");
        return corner(table, "at", context).map(|at| (at, at));
    }
    let both = "say where: `from` is the lower corner, m, `to` the upper one";
    table.require("from", both);
    if table.has("from") {
        table.require("to", both);
    }
    let (from, to) = (corner(table, "from", context), corner(table, "to", context));
    let (from, to) = (from?, to?);
    if let Some(axis) = (0..3).find(|&axis| from[axis] > to[axis]) {
        table.error_at_item(
            "to",
            axis,
            format!(
                "the source ends at {0} = {1}, before it begins at {0} = {2}",
                AXIS_NAMES[axis], to[axis], from[axis]
            ),
            "`from` is the lower corner, `to` the upper one",
        );
        return None;
    }
    check_extent(table, kind, context, from, to)?;
    Some((from, to))
}

/// A line, a sheet and a volume extend along one, two and three axes, of which in 2D z is one.
fn check_extent(
    table: &Table,
    kind: SourceKind,
    context: &Context,
    from: PerAxis<f64>,
    to: PerAxis<f64>,
) -> Option<()> {
    let is_extended = |axis: &usize| from[*axis] < to[*axis];
    let axes: Vec<&str> = (0..context.grid.dims)
        .filter(is_extended)
        .map(|axis| AXIS_NAMES[axis])
        .collect();
    let lent = 3 - context.grid.dims;
    let (name, expected) = kind.extent();
    if axes.len() + lent == expected {
        return Some(());
    }
    let found = match axes.len() {
        0 => "no axis".to_string(),
        _ => axes.join(" and "),
    };
    let expected = match expected - lent {
        0 => "no axis of a 2D grid, as it stands across it".to_string(),
        1 => "1 axis".to_string(),
        n => format!("{n} axes"),
    };
    table.error_at(
        "to",
        format!("a {name} extends along {expected}, and this one along {found}"),
        "let `from` and `to` be equal along the other axes and differ along these, or take another `type`",
    );
    None
}

/// A place on the grid, m; zero along z in 2D.
fn corner(table: &Table, key: &str, context: &Context) -> Option<PerAxis<f64>> {
    let grid = context.grid;
    let numbers = table.numbers_of(key, grid.dims)?;
    let mut place = [0.0; 3];
    let mut is_inside = true;
    for (axis, &at) in numbers.iter().enumerate() {
        let cells = (at - grid.origin[axis]) / grid.spacing[axis];
        let n = grid.cells[axis] as f64;
        let end = grid.origin[axis] + n * grid.spacing[axis];
        if !(-SLIVER..=n + SLIVER).contains(&cells) {
            table.error_at_item(
                key,
                axis,
                format!("{} = {at} is outside of the grid", AXIS_NAMES[axis]),
                format!("the grid reaches from {} to {end}", grid.origin[axis]),
            );
            is_inside = false;
        }
        // What is beyond an end by rounding alone is at the end.
        place[axis] = at.clamp(grid.origin[axis], end);
    }
    is_inside.then_some(place)
}

/// Parts of a cell that are rounding.
const SLIVER: f64 = 1e-6;

#[cfg(test)]
mod tests;
