//! Reads `[[kernel.material]]` tables.

use std::f64::consts::TAU;

use crate::config::Table;
use crate::grid::PerAxis;
use crate::kernels::fdtd::material::{Material, Pole};
use crate::numerics::formula::nearest_name;

/// The name of what fills everything that no shape does.
const BACKGROUND: &str = "background";

/// Names that need no table.
const PREDEFINED: [&str; 2] = ["vacuum", "pec"];

/// What a perfect conductor must not have.
const MEDIUM_KEYS: [&str; 7] = [
    "epsilon",
    "mu",
    "conductivity",
    "magnetic_conductivity",
    "drude",
    "lorentz",
    "debye",
];

/// The materials of a configuration, the background first.
pub(super) struct Materials<'a> {
    list: Vec<Material>,
    /// The table of each, where it has one.
    tables: Vec<Option<Table<'a>>>,
    is_used: Vec<bool>,
    is_sound: bool,
}

impl<'a> Materials<'a> {
    /// Reads all of them; what is in error is reported, and its name is known all the same.
    pub fn read(table: &Table<'a>) -> Materials<'a> {
        let mut materials = Materials {
            list: Vec::new(),
            tables: Vec::new(),
            is_used: Vec::new(),
            is_sound: true,
        };
        materials.add(Material::vacuum(BACKGROUND), None);
        for entry in table.tables("material") {
            let name = name(&entry);
            let medium = medium(&entry, name.as_deref().unwrap_or_default());
            materials.is_sound &= name.is_some() && medium.is_some();
            let Some(name) = name else {
                continue;
            };
            let medium = medium.unwrap_or_else(|| Material::vacuum(&name));
            match materials.list.iter().position(|other| other.name == name) {
                Some(0) if materials.tables[0].is_none() => {
                    materials.list[0] = medium;
                    materials.tables[0] = Some(entry);
                }
                Some(_) => {
                    entry.error_at(
                        "name",
                        format!("two materials are called \"{name}\""),
                        "give each material a name of its own",
                    );
                    materials.is_sound = false;
                }
                None => materials.add(medium, Some(entry)),
            }
        }
        materials
    }

    fn add(&mut self, material: Material, table: Option<Table<'a>>) {
        self.list.push(material);
        self.tables.push(table);
        self.is_used.push(false);
    }

    /// The number of the material called `name`, which is used from now on; nothing if there is none.
    pub fn number_of(&mut self, name: &str) -> Option<usize> {
        let known = self.list.iter().position(|material| material.name == name);
        let number = known.or_else(|| {
            self.add(predefined(name)?, None);
            Some(self.list.len() - 1)
        })?;
        self.is_used[number] = true;
        Some(number)
    }

    /// What to do about a material that there is not.
    pub fn remedy(&self, name: &str) -> String {
        let own = self.list.iter().map(|material| material.name.as_str());
        let names: Vec<&str> = own
            .clone()
            .chain(
                PREDEFINED
                    .into_iter()
                    .filter(|name| !own.clone().any(|own| own == *name)),
            )
            .collect();
        let meant = nearest_name(name, names.iter().copied());
        let meant = meant
            .map(|name| format!("did you mean \"{name}\"? "))
            .unwrap_or_default();
        let all: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        format!(
            "{meant}there are {}; others need a [[kernel.material]] table",
            all.join(", ")
        )
    }

    pub fn warn_of_unused(&self) {
        for number in (1..self.list.len()).filter(|&number| !self.is_used[number]) {
            if let Some(table) = &self.tables[number] {
                table.warn_at(
                    "name",
                    format!("no shape is made of \"{}\"", self.list[number].name),
                    format!(
                        "give it to a shape, call it \"{BACKGROUND}\" to fill all that no shape does, or remove it"
                    ),
                );
            }
        }
    }

    /// All of them; nothing if one was in error.
    pub fn finish(self) -> Option<Vec<Material>> {
        self.is_sound.then_some(self.list)
    }
}

fn predefined(name: &str) -> Option<Material> {
    match name {
        "vacuum" => Some(Material::vacuum(name)),
        "pec" => Some(Material::perfect_conductor(name)),
        _ => None,
    }
}

fn name(table: &Table) -> Option<String> {
    let name = table
        .require("name", "every material needs a name, as in `name = \"glass\"`")
        .string("name")?;
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if !is_plain {
        table.error_at(
            "name",
            format!("\"{name}\" cannot name a material"),
            "begin with a letter; then letters, digits, `_` and `-`",
        );
        return None;
    }
    if PREDEFINED.contains(&name.as_str()) {
        table.error_at(
            "name",
            format!("\"{name}\" is there without a table, and cannot be another material"),
            "choose another name",
        );
        return None;
    }
    Some(name)
}

/// What the table says beside the name.
fn medium(table: &Table, name: &str) -> Option<Material> {
    let is_pec = match table.has("pec") {
        true => table.boolean("pec")?,
        false => false,
    };
    if is_pec {
        return perfect_conductor(table, name);
    }
    let epsilon = per_axis(table, "epsilon", 1.0, Range::Positive);
    let mu = per_axis(table, "mu", 1.0, Range::Positive);
    let conductivity = per_axis(table, "conductivity", 0.0, Range::NotNegative);
    let magnetic_conductivity = per_axis(table, "magnetic_conductivity", 0.0, Range::NotNegative);
    let drude = poles(table, "drude", drude);
    let lorentz = poles(table, "lorentz", lorentz);
    let debye = poles(table, "debye", debye);
    Some(Material {
        name: name.to_string(),
        epsilon: epsilon?,
        mu: mu?,
        conductivity: conductivity?,
        magnetic_conductivity: magnetic_conductivity?,
        poles: [drude?, lorentz?, debye?].concat(),
        is_pec: false,
    })
}

fn perfect_conductor(table: &Table, name: &str) -> Option<Material> {
    let mut is_sound = true;
    for key in MEDIUM_KEYS.into_iter().filter(|key| table.has(key)) {
        table.error_at(
            key,
            format!("a perfect conductor has no `{key}`: no field is in it"),
            format!("leave `{key}` or `pec` out"),
        );
        is_sound = false;
    }
    if !is_sound {
        // The keys were complained about; they are not unknown.
        table.accept_rest();
    }
    is_sound.then(|| Material::perfect_conductor(name))
}

#[derive(Clone, Copy, PartialEq)]
enum Range {
    Positive,
    NotNegative,
}

impl Range {
    fn holds(self, value: f64) -> bool {
        value > 0.0 || (value == 0.0 && self == Range::NotNegative)
    }

    fn description(self) -> &'static str {
        match self {
            Range::Positive => "positive",
            Range::NotNegative => "zero or positive",
        }
    }
}

/// One number for all axes, or three.
fn per_axis(table: &Table, key: &str, default: f64, range: Range) -> Option<PerAxis<f64>> {
    if !table.has(key) {
        return Some([default; 3]);
    }
    if !table.is_array(key) {
        let value = table.number_that(key, |value| range.holds(value), range.description())?;
        return Some([value; 3]);
    }
    let values: PerAxis<f64> = table.numbers_of(key, 3)?.try_into().ok()?;
    let wrong = (0..3).find(|&axis| !range.holds(values[axis]));
    if let Some(axis) = wrong {
        table.error_at_item(
            key,
            axis,
            format!(
                "`{key}[{axis}]` in [{}] must be {}, not {}",
                table.path(),
                range.description(),
                values[axis]
            ),
            "",
        );
        return None;
    }
    Some(values)
}

/// All poles of a kind; all are looked at before one that is wrong ends it.
fn poles(table: &Table, key: &str, read: impl Fn(&Table) -> Option<Pole>) -> Option<Vec<Pole>> {
    let entries = table.tables(key);
    // An entry that is no table was reported, and is not among them.
    let is_complete = !table.has(key) || table.array_len(key) == Some(entries.len());
    let poles: Vec<Option<Pole>> = entries.iter().map(read).collect();
    poles.into_iter().collect::<Option<Vec<Pole>>>().filter(|_| is_complete)
}

fn drude(table: &Table) -> Option<Pole> {
    let plasma = table
        .require(
            "plasma_frequency",
            "give the plasma frequency, Hz (not the angular one)",
        )
        .positive("plasma_frequency");
    let damping = damping(table);
    Some(Pole::Drude {
        plasma: TAU * plasma?,
        damping: TAU * damping?,
    })
}

fn lorentz(table: &Table) -> Option<Pole> {
    let strength = strength(table);
    let frequency = table
        .require("frequency", "give the resonance frequency, Hz (not the angular one)")
        .positive("frequency");
    let damping = damping(table);
    Some(Pole::Lorentz {
        strength: strength?,
        frequency: TAU * frequency?,
        damping: TAU * damping?,
    })
}

fn debye(table: &Table) -> Option<Pole> {
    let strength = strength(table);
    let time = table.require("time", "give the relaxation time, s").positive("time");
    Some(Pole::Debye {
        strength: strength?,
        time: time?,
    })
}

/// What a pole adds to the relative permittivity at low frequencies.
fn strength(table: &Table) -> Option<f64> {
    table
        .require(
            "strength",
            "give what the pole adds to the permittivity at low frequencies",
        )
        .positive("strength")
}

fn damping(table: &Table) -> Option<f64> {
    match table.has("damping") {
        true => table.non_negative("damping"),
        false => Some(0.0),
    }
}
