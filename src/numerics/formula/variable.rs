//! What a formula may depend on.

/// A coordinate of space, m, or time, s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    X,
    Y,
    Z,
    T,
}

impl Variable {
    pub const ALL: [Variable; 4] = [Variable::X, Variable::Y, Variable::Z, Variable::T];

    /// As it is written in a formula.
    pub fn name(self) -> &'static str {
        match self {
            Variable::X => "x",
            Variable::Y => "y",
            Variable::Z => "z",
            Variable::T => "t",
        }
    }

    /// The variable that is written as `name`.
    pub fn from_name(name: &str) -> Option<Variable> {
        Variable::ALL.into_iter().find(|variable| variable.name() == name)
    }
}

/// What the value of a formula depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormulaClass {
    /// One number.
    Constant,
    /// A number that changes with time, the same everywhere.
    Time,
    /// A field that does not change.
    Space,
    /// A field that changes with time.
    SpaceTime,
}

/// A set of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Dependence(u8);

impl Dependence {
    pub(super) fn on(variable: Variable) -> Dependence {
        Dependence(1 << variable as u8)
    }

    pub(super) fn union(self, other: Dependence) -> Dependence {
        Dependence(self.0 | other.0)
    }

    pub(super) fn contains(self, variable: Variable) -> bool {
        self.0 & Dependence::on(variable).0 != 0
    }

    pub(super) fn class(self) -> FormulaClass {
        let time = Dependence::on(Variable::T).0;
        match (self.0 & !time != 0, self.0 & time != 0) {
            (false, false) => FormulaClass::Constant,
            (false, true) => FormulaClass::Time,
            (true, false) => FormulaClass::Space,
            (true, true) => FormulaClass::SpaceTime,
        }
    }
}
