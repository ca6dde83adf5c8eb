//! The last few answers of a function of the step, so that it is computed once per step and not once per region.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Steps that may be in flight in one tile, and a few more.
const KEPT: usize = 8;

/// Keeps values by their step, and a state that grows from step to step. What is asked for in which order changes the
/// time it takes, never a value.
pub struct Recent<S, V> {
    inner: Mutex<Inner<S, V>>,
}

struct Inner<S, V> {
    /// The state with which the value of this step is computed next.
    next: Option<(u64, S)>,
    values: VecDeque<(u64, Arc<V>)>,
}

impl<S, V> Recent<S, V> {
    pub fn new() -> Recent<S, V> {
        Recent {
            inner: Mutex::new(Inner {
                next: None,
                values: VecDeque::new(),
            }),
        }
    }

    /// The value of `step`, from its state. `begin` makes the state before step 0, `advance` brings it from the step
    /// before to the one it is given.
    pub fn at(
        &self,
        step: u64,
        begin: impl Fn() -> S,
        advance: impl Fn(&mut S, u64),
        value: impl Fn(&S) -> V,
    ) -> Arc<V> {
        // A panic elsewhere aborts the job: what a poisoned lock holds is never used.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = inner.values.iter().find(|(known, _)| *known == step) {
            return known.clone();
        }
        let (first, mut state) = match inner.next.take() {
            Some((next, state)) if next <= step => (next, state),
            _ => (0, begin()),
        };
        for step in first..=step {
            advance(&mut state, step);
        }
        let value = Arc::new(value(&state));
        inner.next = Some((step + 1, state));
        inner.values.push_back((step, value.clone()));
        if inner.values.len() > KEPT {
            inner.values.pop_front();
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_depend_on_the_order_in_which_they_are_asked_for() {
        let recent = Recent::new();
        for step in [3, 4, 0, 20, 5, 4, 30, 2, 3] {
            let value = recent.at(step, || 0, |sum, step| *sum += step, |sum| *sum);
            assert_eq!(*value, step * (step + 1) / 2);
        }
    }
}
