//! How a program is evaluated for a row of points: numbers that are the same along the row once, the others chunk by
//! chunk of the row in a few registers that stay in the cache.

use std::cell::RefCell;

use super::Variable;
use super::function::{Function, Operand};
use super::program::{Value, ValueId};
use super::variable::Dependence;

/// Points of a chunk: long enough to forget the cost of choosing the function, short enough for the first cache.
const CHUNK: usize = 256;

/// Where a value of a chunk is found.
#[derive(Clone, Copy)]
enum Source {
    /// The same number along the row.
    Uniform(ValueId),
    /// The coordinates themselves.
    X,
    Register(usize),
}

/// One function applied to a chunk.
struct Step {
    function: &'static Function,
    arguments: [Source; 3],
    register: usize,
}

pub(super) struct RowPlan {
    /// Values that do not depend on x.
    uniform: Vec<ValueId>,
    steps: Vec<Step>,
    n_registers: usize,
    result: Source,
}

/// Memory that every thread keeps between rows.
#[derive(Default)]
struct Scratch {
    numbers: Vec<f64>,
    registers: Vec<Vec<f64>>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl RowPlan {
    pub(super) fn new(values: &[Value], dependences: &[Dependence]) -> RowPlan {
        let mut last_use: Vec<usize> = (0..values.len()).collect();
        for (id, value) in values.iter().enumerate() {
            value.arguments().iter().for_each(|&argument| last_use[argument] = id);
        }
        let mut plan = RowPlan {
            uniform: Vec::new(),
            steps: Vec::new(),
            n_registers: 0,
            result: Source::X,
        };
        let mut sources: Vec<Source> = Vec::with_capacity(values.len());
        let mut free: Vec<usize> = Vec::new();
        for (id, value) in values.iter().enumerate() {
            let source = match value {
                Value::Variable(Variable::X) => Source::X,
                Value::Apply(function, arguments) if dependences[id].contains(Variable::X) => {
                    // The output is taken before the arguments are given back: they never share a register.
                    let register = free.pop().unwrap_or_else(|| {
                        plan.n_registers += 1;
                        plan.n_registers - 1
                    });
                    let mut ended: Vec<ValueId> = value.arguments().to_vec();
                    ended.sort_unstable();
                    ended.dedup();
                    ended.retain(|&argument| last_use[argument] == id);
                    free.extend(ended.iter().filter_map(|&argument| match sources[argument] {
                        Source::Register(register) => Some(register),
                        _ => None,
                    }));
                    let n = function.n_arguments;
                    plan.steps.push(Step {
                        function,
                        arguments: std::array::from_fn(|i| if i < n { sources[arguments[i]] } else { Source::X }),
                        register,
                    });
                    Source::Register(register)
                }
                _ => {
                    plan.uniform.push(id);
                    Source::Uniform(id)
                }
            };
            sources.push(source);
        }
        plan.result = sources[values.len() - 1];
        plan
    }

    pub(super) fn evaluate(&self, values: &[Value], xs: &[f64], [y, z, t]: [f64; 3], out: &mut [f64]) {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.numbers.resize(values.len().max(scratch.numbers.len()), 0.0);
            for &id in &self.uniform {
                scratch.numbers[id] = values[id].compute(&scratch.numbers, [0.0, y, z], t);
            }
            while scratch.registers.len() < self.n_registers {
                scratch.registers.push(vec![0.0; CHUNK]);
            }
            for (xs, out) in xs.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
                self.evaluate_chunk(scratch, xs, out);
            }
        });
    }

    fn evaluate_chunk(&self, scratch: &mut Scratch, xs: &[f64], out: &mut [f64]) {
        for step in &self.steps {
            let mut output = std::mem::take(&mut scratch.registers[step.register]);
            let arguments = step.arguments.map(|source| scratch.operand(source, xs));
            (step.function.on_rows)(&mut output[..xs.len()], arguments);
            scratch.registers[step.register] = output;
        }
        match scratch.operand(self.result, xs) {
            Operand::Row(row) => out.copy_from_slice(row),
            Operand::Uniform(value) => out.fill(value),
        }
    }
}

impl Scratch {
    fn operand<'r>(&'r self, source: Source, xs: &'r [f64]) -> Operand<'r> {
        match source {
            Source::Uniform(id) => Operand::Uniform(self.numbers[id]),
            Source::X => Operand::Row(xs),
            Source::Register(register) => Operand::Row(&self.registers[register][..xs.len()]),
        }
    }
}
