//! The trace of a run, and who has sent how much to whom: begun with the run, brought to rank 0 and written at its end.

use super::outputs::Outputs;
use super::report::bytes_text;
use crate::error::{Error, Result};
use crate::files::run_folder::{MESSAGES, TRACE};
use crate::files::{TraceFile, TraceWriter, provenance, rank_events, rank_head};
use crate::metrics::{Alignment, MOST_EVENTS, Offset, Timers, Trace};
use crate::parallel::{Traffic, World, clock_offset};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Events that travel to rank 0 at a time.
const PIECE: usize = 8192;

/// What travels when there is no more. It has a length: an MPI may take the address of nothing for one of its special ones.
const END: &[u8] = b" ";

/// The trace that is wanted of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceWish {
    /// Where it goes; `trace.json` in the folder of the run if not given.
    pub file: Option<PathBuf>,
    /// Steps that are recorded.
    pub steps: Range<u64>,
}

/// A trace that is being recorded.
pub(super) struct Tracing {
    /// Where the trace goes, and the table of messages, on rank 0.
    paths: Option<(PathBuf, PathBuf)>,
    beginning: Offset,
}

impl Tracing {
    /// Begins to record with the `timers` of this rank, of a run that has made `n_done` steps. All ranks call it.
    ///
    /// # Errors
    /// Agreed on by all ranks: [`Error::Config`] if a file is in the way, [`Error::Io`] if there is no folder for it.
    pub fn begin(
        world: &World,
        wish: &TraceWish,
        outputs: &mut Outputs,
        timers: &mut Timers,
        n_done: u64,
    ) -> Result<Tracing> {
        let paths = world.agree(paths(wish, outputs))?;
        let mut trace = Trace::new(wish.steps.clone(), MOST_EVENTS);
        trace.between_steps(n_done);
        let beginning = clock_offset(world, || trace.now());
        timers.start_trace(trace);
        Ok(Tracing { paths, beginning })
    }

    /// Writes what the traces of all ranks hold, of which `trace` is that of this one, and their messages, of a run called `title`
    /// that has made `n_steps` steps. Returns what there is to say. All ranks call it.
    ///
    /// # Errors
    /// [`Error::Io`], agreed on by all ranks, if a file cannot be written.
    pub fn finish(
        self,
        world: &World,
        title: &str,
        trace: &Trace,
        traffic: &[Traffic],
        n_steps: u64,
    ) -> Result<String> {
        let clock = Alignment::new(self.beginning, clock_offset(world, || trace.now()));
        let (path, messages) = self.paths.unzip();
        let all = world.gather(&[trace.events().len() as f64, trace.n_lost() as f64]);
        let lost: Vec<u64> = all.iter().map(|rank| rank[1] as u64).collect();
        let written = write_trace(world, title, trace, &clock, &lost, path.as_deref());
        let written = written.and(write_messages(world, traffic, n_steps, messages.as_deref()));
        world.agree(written)?;
        let path = path.map_or(String::new(), |path| path.display().to_string());
        let n_events = all.iter().map(|rank| rank[0]).sum::<f64>();
        let mut said = format!("trace: {n_events} events in {path}\n");
        let lost: Vec<usize> = (0..lost.len()).filter(|&rank| lost[rank] > 0).collect();
        if !lost.is_empty() {
            said += &format!(
                "warning: the trace is not whole: {} had more than {MOST_EVENTS} events; choose steps with --trace-steps A..B\n",
                ranks_text(&lost)
            );
        }
        Ok(said)
    }
}

/// Ranks for people: the first few by number.
fn ranks_text(ranks: &[usize]) -> String {
    match ranks {
        [rank] => format!("rank {rank}"),
        _ => format!("{} ranks, rank {} first,", ranks.len(), ranks[0]),
    }
}

/// Halo messages in the mean of steps and ranks, as the end of a run tells them; empty where there were none. All ranks call
/// it.
pub(super) fn messages_line(world: &World, traffic: &[Traffic], n_steps: u64) -> String {
    let sum = |number: fn(&Traffic) -> u64| traffic.iter().map(number).sum::<u64>() as f64;
    let mut all = [sum(|to| to.messages), sum(|to| to.bytes)];
    world.total(&mut all);
    let [messages, bytes] = all;
    if messages == 0.0 || n_steps == 0 {
        return String::new();
    }
    let each = (n_steps * world.size() as u64) as f64;
    let digits = if messages < 10.0 * each { 3 } else { 1 };
    format!(
        "messages: {:.digits$} a step and rank, {}\n",
        messages / each,
        bytes_text(bytes / each)
    )
}

/// Where the trace and the table of messages go, on rank 0.
fn paths(wish: &TraceWish, outputs: &mut Outputs) -> Result<Option<(PathBuf, PathBuf)>> {
    let Some(messages) = outputs.new_file(MESSAGES)? else {
        return Ok(None);
    };
    let trace = match &wish.file {
        Some(file) => own_place(file)?,
        None => outputs
            .new_file(TRACE)?
            .expect("the rank that has the one file has the other"),
    };
    Ok(Some((trace, messages)))
}

/// A file of the user's choice, where there is nothing yet but a trace.
fn own_place(file: &Path) -> Result<PathBuf> {
    if file.symlink_metadata().is_ok() && !TraceFile::is_one(file) {
        return Err(Error::Config(format!(
            "--trace={}: there is something already that is no trace; move it away or choose another name",
            file.display()
        )));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    match folder.is_dir() {
        true => Ok(file.to_owned()),
        false => Err(Error::Io(format!(
            "--trace={}: there is no folder {}; make it first or choose another place",
            file.display(),
            folder.display()
        ))),
    }
}

/// Brings the events of rank after rank to rank 0, piece by piece, which writes them. Not agreed on.
fn write_trace(
    world: &World,
    title: &str,
    trace: &Trace,
    clock: &Alignment,
    lost: &[u64],
    path: Option<&Path>,
) -> Result<()> {
    let version = format!("{} ({})", provenance::VERSION, provenance::COMMIT);
    let mut writer = path.map(|path| TraceWriter::create(path, &version, title)).transpose();
    let mut take = |piece: &[u8]| {
        let failed = match &mut writer {
            Ok(Some(writer)) => writer.append(piece).err(),
            _ => None,
        };
        if let Some(error) = failed {
            writer = Err(error);
        }
    };
    for rank in 0..world.size() {
        if world.rank() != rank && !world.is_root() {
            continue;
        }
        let mut pieces = trace.events().chunks(PIECE);
        let mut head = Some(rank_head(world.rank(), &provenance::host_name(), trace, clock));
        // All pieces are taken, whatever has become of the file.
        loop {
            let mine = match (world.rank() == rank, head.take()) {
                (false, _) => Vec::new(),
                (true, Some(head)) => head,
                (true, None) => pieces
                    .next()
                    .map_or(END.to_vec(), |piece| rank_events(rank, piece, trace.executors(), clock)),
            };
            let is_last = mine == END;
            let arrived = world.gather_bytes(&[rank], mine);
            let is_last = arrived.first().map_or(is_last, |piece| piece == END);
            if is_last {
                break;
            }
            arrived.iter().for_each(|piece| take(piece));
        }
    }
    writer?.map_or(Ok(()), |writer| writer.finish(lost))
}

/// Brings the messages of rank after rank to rank 0, which writes them as a table. Not agreed on.
fn write_messages(world: &World, traffic: &[Traffic], n_steps: u64, path: Option<&Path>) -> Result<()> {
    let mut table = format!(
        "# halo messages of {n_steps} steps, between ranks that sent any; not those that filled the halos at the beginning\n\
         from,to,messages,bytes,through\n"
    );
    for rank in 0..world.size() {
        let mut mine = Vec::new();
        if rank == world.rank() {
            mine.extend(rows(rank, traffic).into_bytes());
            mine.extend(END);
        }
        let arrived = world.gather_bytes(&[rank], mine);
        for rows in &arrived {
            table += String::from_utf8_lossy(rows).trim_end_matches(' ');
        }
    }
    match path {
        Some(path) => fs::write(path, table).map_err(|e| Error::io("write", path, e)),
        None => Ok(()),
    }
}

fn rows(from: usize, traffic: &[Traffic]) -> String {
    let row = |sent: &Traffic| {
        let Traffic {
            to,
            through,
            messages,
            bytes,
        } = sent;
        format!("{from},{to},{messages},{bytes},{through}\n")
    };
    traffic.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Carrier;

    const SENT: [Traffic; 2] = [
        Traffic {
            to: 1,
            through: Carrier::Memory,
            messages: 20,
            bytes: 20 << 20,
        },
        Traffic {
            to: 2,
            through: Carrier::Mpi,
            messages: 5,
            bytes: 5 << 20,
        },
    ];

    #[test]
    fn messages_are_told_a_step_and_rank() {
        let world = World::single();
        assert_eq!(
            messages_line(&world, &SENT, 10),
            "messages: 2.500 a step and rank, 2.5 MiB\n"
        );
        assert_eq!(
            messages_line(&world, &SENT, 1),
            "messages: 25.0 a step and rank, 25.0 MiB\n"
        );
        assert_eq!(messages_line(&world, &[], 10), "");
    }

    #[test]
    fn the_table_of_messages_has_a_row_for_each_pair() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MESSAGES);
        write_messages(&World::single(), &SENT, 10, Some(&path)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# halo messages of 10 steps"), "{text}");
        let rows = "from,to,messages,bytes,through\n0,1,20,20971520,memory\n0,2,5,5242880,mpi\n";
        assert!(text.ends_with(rows), "{text}");
    }

    #[test]
    fn a_file_that_is_no_trace_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [thesis, missing] = ["thesis.txt", "nowhere/trace.json"].map(|name| folder.path().join(name));
        fs::write(&thesis, "").unwrap();
        let refused = own_place(&thesis).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(own_place(&missing).unwrap_err().to_string().contains("nowhere"));
        let path = folder.path().join("mine.json");
        for _ in 0..2 {
            assert_eq!(own_place(&path).unwrap(), path);
            let trace = Trace::new(0..1, 10);
            let clock = Alignment::new(Offset::default(), Offset::default());
            write_trace(&World::single(), "", &trace, &clock, &[trace.n_lost()], Some(&path)).unwrap();
        }
    }
}
