//! How the trace of a run is shown: which steps and ranks, and in what words.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::cli::steps::Steps;
use crate::error::{Error, Result};
use crate::files::{RankTrace, Span, TraceFile};
use crate::metrics::Activity;
use crate::plot::{Block, Timeline, TimelineMark, TimelineRow};

/// Steps, or blocks of them, that are drawn unless steps are asked for.
const FEW: usize = 3;
/// Ranks that are drawn at most.
const MOST_RANKS: usize = 16;

/// The picture of the `steps` of the `trace` from `path`: a few in its middle unless given.
///
/// # Errors
/// [`Error::Config`] if the trace has none of the steps that are asked for, or none at all.
pub fn timeline(trace: &TraceFile, path: &Path, steps: Option<Steps>) -> Result<Timeline> {
    let steps = chosen(trace, path, steps)?;
    let is_drawn = |span: &&Span| span.n_steps > 0 && span.step < steps.end && after(span) > steps.start;
    let ranks = &trace.ranks[..trace.ranks.len().min(MOST_RANKS)];
    let drawn = || ranks.iter().flat_map(|rank| &rank.spans).filter(is_drawn);
    let first = drawn().map(|span| span.start).fold(f64::INFINITY, f64::min);
    let last = drawn().map(|span| span.end).fold(f64::NEG_INFINITY, f64::max);
    let mut executors: Vec<&str> = drawn().filter_map(|span| span.executor.as_deref()).collect();
    executors.sort_unstable();
    executors.dedup();
    let note = match trace.ranks.len() {
        n if n > ranks.len() => format!("The first {} of {n} ranks.", ranks.len()),
        _ => String::new(),
    };
    Ok(Timeline {
        title: trace.title.clone(),
        subtitle: format!("{}, {}", named(&steps), executors.join(" and ")),
        kinds: Activity::ALL
            .into_iter()
            .map(|activity| activity.name().to_owned())
            .collect(),
        span: (first, last),
        rows: ranks.iter().map(row).collect(),
        note,
    })
}

/// The steps to draw, of those that the trace has.
fn chosen(trace: &TraceFile, path: &Path, wanted: Option<Steps>) -> Result<Range<u64>> {
    // By their first steps; the ranks are alike, but the recording of one may have ended before the others'.
    let mut blocks: BTreeMap<u64, u64> = BTreeMap::new();
    for span in trace.ranks.iter().flat_map(|rank| &rank.spans) {
        if span.n_steps > 0 {
            blocks.insert(span.step, after(span));
        }
    }
    let (Some(first), Some(end)) = (blocks.keys().next(), blocks.values().next_back()) else {
        let text = format!("{} has no steps: there is nothing to draw", path.display());
        return Err(Error::Config(text));
    };
    if let Some(wanted) = wanted.map(Steps::range) {
        let common = wanted.start.max(*first)..wanted.end.min(*end);
        return match common.is_empty() {
            false => Ok(common),
            true => Err(Error::Config(format!(
                "--steps: {} has {}, none of those that are asked for",
                path.display(),
                named(&(*first..*end))
            ))),
        };
    }
    let ends: Vec<(u64, u64)> = blocks.into_iter().collect();
    let begin = (ends.len() / 2).min(ends.len().saturating_sub(FEW));
    let some = &ends[begin..ends.len().min(begin + FEW)];
    Ok(some[0].0..some[some.len() - 1].1)
}

/// The step after those that the span is part of.
fn after(span: &Span) -> u64 {
    span.step + u64::from(span.n_steps)
}

fn named(steps: &Range<u64>) -> String {
    match steps.end - steps.start {
        1 => format!("step {}", steps.start),
        _ => format!("steps {} to {}", steps.start, steps.end - 1),
    }
}

fn row(rank: &RankTrace) -> TimelineRow {
    let kind = |span: &Span| {
        Activity::ALL
            .into_iter()
            .position(|activity| activity == span.activity)
            .unwrap_or(0)
    };
    let blocks = |is_background: bool| {
        let spans = rank.spans.iter();
        let of_lane = spans.filter(move |span| (span.activity == Activity::Messages) == is_background);
        let block = |span: &Span| Block {
            start: span.start,
            end: span.end,
            kind: kind(span),
        };
        of_lane.map(block).collect()
    };
    let mut marks: Vec<TimelineMark> = Vec::new();
    let mut marked = None;
    for span in rank
        .spans
        .iter()
        .filter(|span| span.n_steps > 0 && marked_differs(span, &mut marked))
    {
        marks.push(TimelineMark {
            at: span.start,
            text: named(&(span.step..after(span))),
        });
    }
    let (label, note) = rank.name.split_once(" on ").unwrap_or((&rank.name, ""));
    TimelineRow {
        label: label.to_owned(),
        note: note.to_owned(),
        blocks: blocks(false),
        background: blocks(true),
        marks,
    }
}

/// Whether the span begins other steps than those that were marked last; notes that it does.
fn marked_differs(span: &Span, marked: &mut Option<u64>) -> bool {
    marked.replace(span.step) != Some(span.step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Phase;

    /// Blocks of `n` steps on two ranks, of which the second is a little late, with an output behind each.
    fn trace(n_blocks: u64, n: u32) -> TraceFile {
        let span = |activity, start: f64, step, n_steps| Span {
            activity,
            start,
            end: start + 0.4,
            step,
            n_steps,
            executor: (n_steps > 0).then(|| "overlap".to_owned()),
        };
        let rank = |rank: usize| RankTrace {
            rank,
            name: format!("rank {rank} on node"),
            spans: (0..n_blocks)
                .flat_map(|block| {
                    let (start, step) = (block as f64 + 0.01 * rank as f64, block * u64::from(n));
                    [
                        span(Activity::Phase(Phase::Core), start, step, n),
                        span(Activity::Messages, start + 0.1, step, n),
                        span(Activity::Phase(Phase::Output), start + 0.5, step + u64::from(n), 0),
                    ]
                })
                .collect(),
        };
        TraceFile {
            title: "a run".into(),
            ranks: vec![rank(0), rank(1)],
        }
    }

    fn shown(trace: &TraceFile, steps: Option<&str>) -> Result<Timeline> {
        let steps = steps.map(|text| text.parse().unwrap());
        timeline(trace, Path::new("trace.json"), steps)
    }

    #[test]
    fn a_few_steps_of_the_middle_are_drawn_unless_others_are_asked_for() {
        let drawn = shown(&trace(20, 1), None).unwrap();
        assert_eq!(drawn.subtitle, "steps 10 to 12, overlap");
        assert!(
            (drawn.span.0 - 10.0).abs() < 1e-9 && (drawn.span.1 - 12.51).abs() < 1e-9,
            "{:?}",
            drawn.span
        );
        let drawn = shown(&trace(20, 1), Some("5..6")).unwrap();
        assert_eq!(drawn.subtitle, "step 5, overlap");
        let drawn = shown(&trace(20, 4), Some("5..10")).unwrap();
        assert!(
            (drawn.span.0 - 1.0).abs() < 1e-9 && (drawn.span.1 - 2.51).abs() < 1e-9,
            "{:?}",
            drawn.span
        );
        for n_blocks in [1, 2, 3] {
            let drawn = shown(&trace(n_blocks, 4), None).unwrap();
            assert_eq!(drawn.subtitle, format!("steps 0 to {}, overlap", 4 * n_blocks - 1));
        }
    }

    #[test]
    fn steps_that_are_not_there_are_refused() {
        let error = shown(&trace(3, 2), Some("6..9")).unwrap_err();
        assert!(error.to_string().contains("trace.json has steps 0 to 5"), "{error}");
        assert!(shown(&trace(0, 1), None).unwrap_err().to_string().contains("no steps"));
    }

    #[test]
    fn rows_have_two_lanes_and_a_mark_for_each_block() {
        let drawn = shown(&trace(3, 2), None).unwrap();
        let row = &drawn.rows[1];
        assert_eq!((row.label.as_str(), row.note.as_str()), ("rank 1", "node"));
        assert_eq!((row.blocks.len(), row.background.len()), (6, 3));
        let marks: Vec<&str> = row.marks.iter().map(|mark| mark.text.as_str()).collect();
        assert_eq!(marks, ["steps 0 to 1", "steps 2 to 3", "steps 4 to 5"]);
        assert_eq!(drawn.kinds[row.background[0].kind], "messages");
    }

    #[test]
    fn of_many_ranks_the_first_are_drawn() {
        let mut many = trace(3, 1);
        many.ranks = (0..40).map(|_| many.ranks[0].clone()).collect();
        let drawn = shown(&many, None).unwrap();
        assert_eq!(
            (drawn.rows.len(), drawn.note.as_str()),
            (16, "The first 16 of 40 ranks.")
        );
    }
}
