//! `trace.json`: what every rank was busy with, as events that Perfetto and Chrome (`chrome://tracing`) show.
//!
//! The format is the "Trace Event Format": one object, whose `traceEvents` are one a line here. A rank is a process, with two
//! tracks: 0 for what its main thread does, 1 for messages on their way. Times are in microseconds, by the clock of rank 0.

use super::durable;
use crate::error::{Error, Result};
use crate::metrics::{Activity, Alignment, Event, Trace};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What the file begins with: by this it is known again.
const HEAD: &str = r#"{"displayTimeUnit":"ms","otherData":{"program":"simrun "#;

/// The track of messages; 0 is that of the main thread.
const MESSAGES_TRACK: u32 = 1;

/// A trace that is being written: a head, the events of one rank after the other, an end.
pub struct TraceWriter {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    is_empty: bool,
}

impl TraceWriter {
    /// Begins the trace at `path`, of a run called `title`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be created.
    pub fn create(path: &Path, version: &str, title: &str) -> Result<TraceWriter> {
        let part = durable::part_path(path)?;
        let file = File::create(&part).map_err(|e| Error::io("create", &part, e))?;
        let mut writer = TraceWriter {
            path: path.to_owned(),
            part,
            file: BufWriter::new(file),
            is_empty: true,
        };
        let title = serde_json::Value::from(title);
        writer.write(format!("{HEAD}{version}\",\"title\":{title}}},\"traceEvents\":[").as_bytes())?;
        Ok(writer)
    }

    /// Appends events, as [`rank_head`] and [`rank_events`] give them.
    ///
    /// # Errors
    /// [`Error::Io`] if they cannot be written.
    pub fn append(&mut self, events: &[u8]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let before: &[u8] = if self.is_empty { b"\n" } else { b",\n" };
        self.is_empty = false;
        self.write(before)?;
        self.write(events)
    }

    /// Ends the file, with how many events of each rank it lacks, and gives it its name.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn finish(mut self, lost: &[u64]) -> Result<()> {
        self.write(format!("\n],\"eventsNotRecorded\":{}}}\n", json!(lost)).as_bytes())?;
        let flushed = self.file.flush();
        flushed.map_err(|e| Error::io("write", &self.part, e))?;
        durable::publish(&self.part, &self.path)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|e| Error::io("write", &self.part, e))
    }
}

/// What names a rank and its tracks, and says where its recording ended too early.
pub fn rank_head(rank: usize, host: &str, trace: &Trace, clock: &Alignment) -> Vec<u8> {
    let name = |what: &str, track: u32, name: &str| json!({ "ph": "M", "pid": rank, "tid": track, "name": what, "args": { "name": name } });
    let mut lines = vec![
        name("process_name", 0, &format!("rank {rank} on {host}")),
        json!({ "ph": "M", "pid": rank, "name": "process_sort_index", "args": { "sort_index": rank } }),
        name("thread_name", 0, "main thread"),
        name("thread_name", MESSAGES_TRACK, "messages"),
    ];
    if let (Some(last), 1..) = (trace.events().last(), trace.n_lost()) {
        let text = format!("recording ended after {} events", trace.events().len());
        let at = microseconds(clock.other_nanoseconds(last.end));
        lines.push(json!({ "ph": "i", "s": "p", "pid": rank, "tid": 0, "name": text, "ts": at }));
    }
    joined(lines.iter().map(serde_json::Value::to_string))
}

/// `events` of the trace of a rank.
pub fn rank_events(rank: usize, events: &[Event], executors: &[String], clock: &Alignment) -> Vec<u8> {
    let line = |event: &Event| {
        let [start, end] = [event.start, event.end].map(|at| clock.other_nanoseconds(at));
        let executor = executors.get(event.executor as usize).filter(|_| event.n_steps > 0);
        let is_sent = event.activity == Activity::Messages;
        let line = Line {
            ph: Cow::Borrowed("X"),
            pid: rank,
            tid: if is_sent { MESSAGES_TRACK } else { 0 },
            name: Cow::Borrowed(event.activity.name()),
            ts: microseconds(start),
            dur: microseconds(end - start),
            args: Arguments {
                step: event.step,
                steps: event.n_steps,
                executor: executor.map(|name| Cow::Borrowed(name.as_str())),
                bytes: is_sent.then_some(event.bytes),
                name: None,
            },
        };
        serde_json::to_string(&line).expect("numbers and texts are JSON")
    };
    joined(events.iter().map(line))
}

fn joined(lines: impl Iterator<Item = String>) -> Vec<u8> {
    lines.collect::<Vec<String>>().join(",\n").into_bytes()
}

fn microseconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1000.0
}

/// One event of the file.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    ph: Cow<'a, str>,
    #[serde(default)]
    pid: usize,
    #[serde(default)]
    tid: u32,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    ts: f64,
    #[serde(default)]
    dur: f64,
    #[serde(borrow, default)]
    args: Arguments<'a>,
}

/// What is told of an event.
#[derive(Default, Serialize, Deserialize)]
struct Arguments<'a> {
    /// The step under way, or the first of a block; between steps the number of those that are done.
    #[serde(default)]
    step: u64,
    /// Steps at a stretch, 0 between steps.
    #[serde(default)]
    steps: u32,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    executor: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, rename = "traceEvents")]
    events: Vec<Line<'a>>,
    #[serde(borrow, rename = "otherData")]
    other: Other<'a>,
}

#[derive(Deserialize)]
struct Other<'a> {
    #[serde(borrow)]
    title: Cow<'a, str>,
}

/// A trace that was read.
#[derive(Clone, Debug)]
pub struct TraceFile {
    /// Of the run.
    pub title: String,
    /// In their order.
    pub ranks: Vec<RankTrace>,
}

/// What one rank was busy with.
#[derive(Clone, Debug, Default)]
pub struct RankTrace {
    pub rank: usize,
    /// As in `rank 0 on node7`.
    pub name: String,
    /// Those that lie within another one come behind it.
    pub spans: Vec<Span>,
}

/// Something that took time.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub activity: Activity,
    /// Seconds since the trace began.
    pub start: f64,
    pub end: f64,
    /// The step under way, or the first of a block; between steps the number of those that are done.
    pub step: u64,
    /// Steps at a stretch, 0 between steps.
    pub n_steps: u32,
    /// Of steps.
    pub executor: Option<String>,
}

impl TraceFile {
    /// Whether there is a trace at `path` that simrun has written.
    pub fn is_one(path: &Path) -> bool {
        let mut head = [0; HEAD.len()];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
        read.is_ok() && head == HEAD.as_bytes()
    }

    /// Reads the trace at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, or is none that simrun has written.
    pub fn read(path: &Path) -> Result<TraceFile> {
        let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        if !text.starts_with(HEAD) {
            let cause = "it is no trace of simrun; one is written by `simrun CONFIG --trace`";
            return Err(Error::io("read the trace", path, cause));
        }
        let content: Content = serde_json::from_str(&text).map_err(|e| Error::io("read the trace", path, e))?;
        let mut ranks: BTreeMap<usize, RankTrace> = BTreeMap::new();
        for line in content.events {
            let rank = ranks.entry(line.pid).or_default();
            match (&*line.ph, Activity::from_name(&line.name)) {
                ("X", Some(activity)) => rank.spans.push(Span {
                    activity,
                    start: line.ts * 1e-6,
                    end: (line.ts + line.dur) * 1e-6,
                    step: line.args.step,
                    n_steps: line.args.steps,
                    executor: line.args.executor.map(Cow::into_owned),
                }),
                ("M", _) if line.name == "process_name" => {
                    rank.name = line.args.name.map(Cow::into_owned).unwrap_or_default();
                }
                _ => {}
            }
        }
        let mut ranks: Vec<RankTrace> = ranks
            .into_iter()
            .map(|(rank, trace)| RankTrace { rank, ..trace })
            .collect();
        for rank in &mut ranks {
            let longest_first = |a: &Span, b: &Span| a.start.total_cmp(&b.start).then(b.end.total_cmp(&a.end));
            rank.spans.sort_by(longest_first);
        }
        Ok(TraceFile {
            title: content.other.title.into_owned(),
            ranks,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Offset, Phase, Timers};

    fn clock(ahead: f64) -> Alignment {
        let at = Offset {
            at: 0.0,
            ahead,
            error: 0.0,
        };
        Alignment::new(at, at)
    }

    /// Two steps, of which there is room for so many events.
    fn trace(most: usize) -> Trace {
        let mut timers = Timers::new(0);
        timers.start_trace(Trace::new(0..9, most));
        for step in [0, 1] {
            timers.begin_steps(step, 1, || "over\"lap".into());
            timers.send(|| 100);
            timers.time(Phase::Core, || ());
            timers.arrive(None);
        }
        timers.beat(2);
        timers.time(Phase::Output, || ());
        timers.take_trace().unwrap()
    }

    #[test]
    fn what_was_recorded_is_read_back_with_the_clock_of_rank_0() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.json");
        let mut writer = TraceWriter::create(&path, "1.0", "a \"title\"").unwrap();
        let traces = [trace(100), trace(3)];
        for (rank, trace) in traces.iter().enumerate() {
            let clock = clock(5.0 * rank as f64);
            writer.append(&rank_head(rank, "node", trace, &clock)).unwrap();
            for piece in trace.events().chunks(2) {
                writer
                    .append(&rank_events(rank, piece, trace.executors(), &clock))
                    .unwrap();
            }
            writer.append(&[]).unwrap();
        }
        assert!(!path.exists());
        writer.finish(&[0, traces[1].n_lost()]).unwrap();
        assert!(TraceFile::is_one(&path));
        let read = TraceFile::read(&path).unwrap();
        assert_eq!((read.title.as_str(), read.ranks.len()), ("a \"title\"", 2));
        assert_eq!(read.ranks[1].name, "rank 1 on node");
        assert_eq!([0, 1].map(|rank| read.ranks[rank].spans.len()), [5, 3]);
        let first = &read.ranks[1].spans[0];
        assert!(first.start >= 5.0 && first.start < 6.0, "{first:?}");
        let steps: Vec<(Activity, u64, u32)> = read.ranks[0]
            .spans
            .iter()
            .map(|span| (span.activity, span.step, span.n_steps))
            .collect();
        let core = Activity::Phase(Phase::Core);
        let (messages, output) = (Activity::Messages, Activity::Phase(Phase::Output));
        assert_eq!(
            steps,
            [
                (messages, 0, 1),
                (core, 0, 1),
                (messages, 1, 1),
                (core, 1, 1),
                (output, 2, 0)
            ]
        );
        assert_eq!(read.ranks[0].spans[1].executor.as_deref(), Some("over\"lap"));
        assert_eq!(read.ranks[0].spans[4].executor, None);
        let content: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(content["eventsNotRecorded"], json!([0, 2]));
        let texts = content["traceEvents"].as_array().unwrap().iter();
        let ended = |event: &&serde_json::Value| event["name"] == "recording ended after 3 events";
        assert_eq!(texts.filter(ended).count(), 1);
    }

    #[test]
    fn other_files_are_no_traces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        fs::write(&path, "{}").unwrap();
        assert!(!TraceFile::is_one(&path) && !TraceFile::is_one(folder.path()));
        let error = TraceFile::read(&path).unwrap_err().to_string();
        assert!(error.contains("status.json") && error.contains("--trace"), "{error}");
        fs::write(&path, format!("{HEAD}1\",\"title\":\"\"}},\"traceEvents\":[{{")).unwrap();
        assert!(TraceFile::read(&path).is_err());
    }
}
