//! Which rule holds at which node of a component.
//!
//! A row is a list of stretches, each with one rule. At surfaces, where every node has a mixture of its own, nodes are taken
//! together into stretches with one coefficient per node, so that loops stay long.

use super::curl::Row;
use super::geometry::{MaterialMap, Span};
use super::rules::Rule;
use crate::field::Real;
use crate::grid::PerAxis;

/// Spans shorter than this are taken together with their neighbours.
const SHORT: i64 = 16;

/// The rules of one component on one tile.
#[derive(Clone, Debug)]
pub enum Medium<T> {
    /// One for all nodes.
    Uniform(Rule<T>),
    /// One per mixture of materials.
    Mapped(Mapped<T>),
}

/// See [`Medium::Mapped`].
#[derive(Clone, Debug)]
pub struct Mapped<T> {
    map: MaterialMap,
    /// Per mix.
    rules: Vec<Rule<T>>,
    /// Per pattern of the map.
    runs: Vec<Vec<Run>>,
    /// Rules with one coefficient per node.
    varied: Vec<Rule<Vec<T>>>,
}

/// Nodes of a row that one loop takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    pub start: i64,
    pub end: i64,
    /// Number of a rule, or of a varied one.
    pub rule: usize,
    pub is_varied: bool,
}

/// What holds on a stretch.
#[derive(Debug)]
pub enum Stretch<'m, T> {
    Uniform(&'m Rule<T>),
    /// One coefficient per node; the stretch begins at this one of them.
    Varied(&'m Rule<Vec<T>>, usize),
}

impl<T> Clone for Stretch<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Stretch<'_, T> {}

impl<T: Real> Medium<T> {
    /// The rules on a map; one alone where all are equal.
    pub fn new(map: MaterialMap, mut rules: Vec<Rule<T>>) -> Medium<T> {
        if let Some(mix) = map.uniform() {
            return Medium::Uniform(rules.swap_remove(mix as usize));
        }
        // As for H, where nothing is magnetic.
        if rules.iter().all(|rule| *rule == rules[0]) {
            return Medium::Uniform(rules.swap_remove(0));
        }
        let mut varied = Vec::new();
        let start = map.nodes().lo[0];
        let patterns = map.patterns().iter();
        let runs = patterns.map(|spans| runs(start, spans, &rules, &mut varied)).collect();
        Medium::Mapped(Mapped {
            map,
            rules,
            runs,
            varied,
        })
    }

    /// The rule, if there is only one.
    pub fn uniform(&self) -> Option<&Rule<T>> {
        match self {
            Medium::Uniform(rule) => Some(rule),
            Medium::Mapped(_) => None,
        }
    }

    /// Every rule that occurs.
    pub fn rules(&self) -> &[Rule<T>] {
        match self {
            Medium::Uniform(rule) => std::slice::from_ref(rule),
            Medium::Mapped(mapped) => &mapped.rules,
        }
    }

    /// The parts of a row with one rule each, in ascending order: first node, end, and rule.
    pub fn spans(&self, row: Row) -> impl Iterator<Item = (i64, i64, &Rule<T>)> {
        let (only, spans, rules) = match self {
            Medium::Uniform(rule) => (Some((row.lo, row.hi, rule)), &[][..], &[][..]),
            Medium::Mapped(mapped) => {
                let spans = mapped.map.spans(row.j, row.k);
                let first = spans.partition_point(|span| span.end <= row.lo);
                (None, &spans[first..], &mapped.rules[..])
            }
        };
        let mut lo = row.lo;
        let mapped = spans.iter().map(move |span| {
            let start = lo;
            lo = span.end.min(row.hi);
            (start, lo, &rules[span.mix as usize])
        });
        only.into_iter().chain(mapped).take_while(|(lo, hi, _)| lo < hi)
    }

    /// Rows with equal numbers are equal.
    pub fn pattern(&self, j: i64, k: i64) -> usize {
        match self {
            Medium::Uniform(_) => 0,
            Medium::Mapped(mapped) => mapped.map.pattern(j, k),
        }
    }

    /// Calls `take` for the parts of a row that one loop can do, in ascending order.
    #[inline]
    pub fn for_each_stretch<'m>(&'m self, row: Row, mut take: impl FnMut(Row, Stretch<'m, T>)) {
        let mapped = match self {
            _ if row.lo >= row.hi => return,
            Medium::Uniform(rule) => return take(row, Stretch::Uniform(rule)),
            Medium::Mapped(mapped) => mapped,
        };
        let runs = &mapped.runs[mapped.map.pattern(row.j, row.k)];
        let first = runs.partition_point(|run| run.end <= row.lo);
        for run in runs[first..].iter().take_while(|run| run.start < row.hi) {
            let (lo, hi) = (run.start.max(row.lo), run.end.min(row.hi));
            take(Row { lo, hi, ..row }, self.stretch(run, lo));
        }
    }

    /// What holds on the part of `run` that begins at node `lo`.
    #[inline]
    pub fn stretch(&self, run: &Run, lo: i64) -> Stretch<'_, T> {
        match self {
            Medium::Uniform(rule) => Stretch::Uniform(rule),
            Medium::Mapped(mapped) if run.is_varied => {
                Stretch::Varied(&mapped.varied[run.rule], (lo - run.start) as usize)
            }
            Medium::Mapped(mapped) => Stretch::Uniform(&mapped.rules[run.rule]),
        }
    }

    /// The run that a node is in.
    pub fn run(&self, node: PerAxis<i64>) -> Run {
        match self {
            Medium::Uniform(_) => Run {
                start: i64::MIN,
                end: i64::MAX,
                rule: 0,
                is_varied: false,
            },
            Medium::Mapped(mapped) => {
                let runs = &mapped.runs[mapped.map.pattern(node[1], node[2])];
                runs[runs.partition_point(|run| run.end <= node[0])]
            }
        }
    }

    /// The rule at one node.
    pub fn at(&self, node: PerAxis<i64>) -> &Rule<T> {
        match self {
            Medium::Uniform(rule) => rule,
            Medium::Mapped(mapped) => &mapped.rules[mapped.map.mix_at(node) as usize],
        }
    }
}

/// The runs of a row whose spans begin at `start`; rules that vary are added to `varied`.
fn runs<T: Real>(start: i64, spans: &[Span], rules: &[Rule<T>], varied: &mut Vec<Rule<Vec<T>>>) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut at = start;
    let mut n = 0;
    while n < spans.len() {
        let rule = &rules[spans[n].mix as usize];
        let first = at;
        // As many short spans as have the same poles.
        let mut m = n;
        let mut end = at;
        while m < spans.len() && spans[m].end - end < SHORT && rules[spans[m].mix as usize].is_like(rule) {
            end = spans[m].end;
            m += 1;
        }
        if m <= n + 1 {
            end = spans[n].end;
            runs.push(Run {
                start: first,
                end,
                rule: spans[n].mix as usize,
                is_varied: false,
            });
            m = n + 1;
        } else {
            let mut each = Vec::with_capacity((end - first) as usize);
            let mut from = first;
            for span in &spans[n..m] {
                each.extend((from..span.end).map(|_| &rules[span.mix as usize]));
                from = span.end;
            }
            varied.push(Rule::row_of(&each));
            runs.push(Run {
                start: first,
                end,
                rule: varied.len() - 1,
                is_varied: true,
            });
        }
        at = end;
        n = m;
    }
    runs
}
