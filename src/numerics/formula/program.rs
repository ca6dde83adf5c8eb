//! A formula as a list of values, each computed from earlier ones: no value twice, none without influence.

use std::collections::HashMap;

use super::Variable;
use super::function::{self, Function};
use super::row_plan::RowPlan;
use super::variable::Dependence;

/// Place of a value in the list.
pub(super) type ValueId = usize;

#[derive(Clone, Copy)]
pub(super) enum Value {
    Constant(f64),
    Variable(Variable),
    /// Only the first `function.n_arguments` arguments have a meaning.
    Apply(&'static Function, [ValueId; 3]),
}

impl Value {
    /// The values that this one is computed from.
    pub(super) fn arguments(&self) -> &[ValueId] {
        match self {
            Value::Apply(function, arguments) => &arguments[..function.n_arguments],
            _ => &[],
        }
    }

    /// The number, given those that it is computed from.
    #[inline]
    pub(super) fn compute(&self, earlier: &[f64], point: [f64; 3], t: f64) -> f64 {
        match self {
            Value::Constant(value) => *value,
            Value::Variable(Variable::X) => point[0],
            Value::Variable(Variable::Y) => point[1],
            Value::Variable(Variable::Z) => point[2],
            Value::Variable(Variable::T) => t,
            Value::Apply(function, arguments) => (function.on_numbers)(arguments.map(|id| earlier[id])),
        }
    }
}

/// What a formula computes, in order; the last value is the result.
pub(super) struct Program {
    values: Vec<Value>,
    dependence: Dependence,
    row_plan: RowPlan,
}

/// Programs of up to this many values are evaluated at a point without allocating.
const ON_STACK: usize = 64;

impl Program {
    pub(super) fn constant(value: f64) -> Program {
        Program::new(vec![Value::Constant(value)])
    }

    fn new(values: Vec<Value>) -> Program {
        let dependences = dependences(&values);
        Program {
            row_plan: RowPlan::new(&values, &dependences),
            dependence: dependences[values.len() - 1],
            values,
        }
    }

    pub(super) fn as_constant(&self) -> Option<f64> {
        match self.values[..] {
            [Value::Constant(value)] => Some(value),
            _ => None,
        }
    }

    pub(super) fn dependence(&self) -> Dependence {
        self.dependence
    }

    pub(super) fn evaluate(&self, point: [f64; 3], t: f64) -> f64 {
        if self.values.len() <= ON_STACK {
            self.evaluate_in(&mut [0.0; ON_STACK], point, t)
        } else {
            self.evaluate_in(&mut vec![0.0; self.values.len()], point, t)
        }
    }

    fn evaluate_in(&self, numbers: &mut [f64], point: [f64; 3], t: f64) -> f64 {
        for (id, value) in self.values.iter().enumerate() {
            numbers[id] = value.compute(numbers, point, t);
        }
        numbers[self.values.len() - 1]
    }

    pub(super) fn evaluate_row(&self, xs: &[f64], [y, z, t]: [f64; 3], out: &mut [f64]) {
        self.row_plan.evaluate(&self.values, xs, [y, z, t], out);
    }
}

/// What every value depends on.
fn dependences(values: &[Value]) -> Vec<Dependence> {
    let mut dependences: Vec<Dependence> = Vec::with_capacity(values.len());
    for value in values {
        let dependence = match value {
            Value::Variable(variable) => Dependence::on(*variable),
            _ => Dependence::default(),
        };
        let arguments = value.arguments().iter().map(|&id| dependences[id]);
        dependences.push(arguments.fold(dependence, Dependence::union));
    }
    dependences
}

/// What makes two values the same.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Constant(u64),
    Variable(Variable),
    Apply(&'static str, [ValueId; 3]),
}

/// Collects the values of a formula while it is parsed: folds constants, and gives the same value the same place.
#[derive(Default)]
pub(super) struct ProgramBuilder {
    values: Vec<Value>,
    places: HashMap<Identity, ValueId>,
}

impl ProgramBuilder {
    pub(super) fn constant(&mut self, value: f64) -> ValueId {
        self.place(Identity::Constant(value.to_bits()), Value::Constant(value))
    }

    pub(super) fn variable(&mut self, variable: Variable) -> ValueId {
        self.place(Identity::Variable(variable), Value::Variable(variable))
    }

    /// The value of `function` for as many arguments as it takes.
    pub(super) fn apply(&mut self, function: &'static Function, arguments: &[ValueId]) -> ValueId {
        match (function.name, arguments) {
            ("pow", &[base, exponent]) => match self.as_constant(exponent) {
                Some(2.0) => return self.product(base, base),
                Some(3.0) => {
                    let square = self.product(base, base);
                    return self.product(square, base);
                }
                Some(4.0) => {
                    let square = self.product(base, base);
                    return self.product(square, square);
                }
                _ => {}
            },
            ("if", &[condition, a, b]) => {
                if let Some(condition) = self.as_constant(condition) {
                    return if condition != 0.0 { a } else { b };
                }
            }
            _ => {}
        }
        self.apply_as_it_is(function, arguments)
    }

    fn product(&mut self, a: ValueId, b: ValueId) -> ValueId {
        self.apply_as_it_is(&function::MULTIPLY, &[a, b])
    }

    fn apply_as_it_is(&mut self, function: &'static Function, arguments: &[ValueId]) -> ValueId {
        let constants: Option<Vec<f64>> = arguments.iter().map(|&id| self.as_constant(id)).collect();
        if let Some(constants) = constants {
            return self.constant((function.on_numbers)(filled(&constants)));
        }
        let arguments = filled(arguments);
        self.place(
            Identity::Apply(function.name, arguments),
            Value::Apply(function, arguments),
        )
    }

    fn as_constant(&self, id: ValueId) -> Option<f64> {
        match self.values[id] {
            Value::Constant(value) => Some(value),
            _ => None,
        }
    }

    fn place(&mut self, identity: Identity, value: Value) -> ValueId {
        *self.places.entry(identity).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }

    /// The program that computes `result`: without the values that have no influence on it.
    pub(super) fn finish(self, result: ValueId) -> Program {
        let mut is_needed = vec![false; result + 1];
        is_needed[result] = true;
        for id in (0..=result).rev() {
            if is_needed[id] {
                self.values[id]
                    .arguments()
                    .iter()
                    .for_each(|&argument| is_needed[argument] = true);
            }
        }
        let mut new_ids = vec![0; result + 1];
        let mut values: Vec<Value> = Vec::new();
        for id in (0..=result).filter(|&id| is_needed[id]) {
            new_ids[id] = values.len();
            values.push(match self.values[id] {
                Value::Apply(function, arguments) => Value::Apply(function, arguments.map(|id| new_ids[id])),
                value => value,
            });
        }
        Program::new(values)
    }
}

/// `given`, filled up with zeros that have no meaning.
fn filled<T: Copy + Default>(given: &[T]) -> [T; 3] {
    std::array::from_fn(|i| given.get(i).copied().unwrap_or_default())
}
