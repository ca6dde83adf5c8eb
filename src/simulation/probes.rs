//! The probes of a run: which nodes are watched, and how their values come into the files.
//!
//! Every rank keeps the values of the nodes it owns. At points that all ranks agree on they travel to rank 0, which writes
//! them: the files are the same bytes for any number of ranks.

use super::case::Case;
use super::clock::Here;
use super::loop_state::LoopState;
use super::outputs::Outputs;
use crate::config::{Document, ProbeConfig};
use crate::engine::{Recorder, Watch, cell_of_node};
use crate::error::Result;
use crate::field::FieldSpec;
use crate::files::run_folder::PROBES;
use crate::files::{ProbeField, ProbeHead, ProbeWriter, Stamp};
use crate::grid::{Decomposition, Grid, NodesAround, Tile};
use crate::kernels::Declaration;
use crate::parallel::{World, gather_lists};
use std::collections::BTreeMap;
use std::fs::File;

/// Rows of a probe that are kept before they are written, at most.
const MOST_ROWS: usize = 4096;

/// All probes of a run.
pub struct Probes {
    probes: Vec<Probe>,
    /// The nodes of all probes, field by field.
    watches: Vec<Watch>,
    /// The rank that owns each of them.
    owners: Vec<usize>,
}

struct Probe {
    name: String,
    every: u64,
    n_nodes: usize,
    /// When the rows were recorded that are not yet written.
    pending: Vec<Stamp>,
    /// On rank 0.
    writer: Option<ProbeWriter>,
}

impl Probes {
    /// Begins the files on rank 0, or goes on with those of a run that is continued, cut where they were `before`.
    ///
    /// # Errors
    /// Agreed on by all ranks: as [`Outputs::new_file`], and [`Error::Io`](crate::error::Error::Io) if a file cannot be
    /// written.
    pub fn open(
        world: &World,
        case: &Case,
        decomposition: &Decomposition,
        outputs: &mut Outputs,
        before: Option<&LoopState>,
    ) -> Result<Probes> {
        let mut all = Probes {
            probes: Vec::new(),
            watches: Vec::new(),
            owners: Vec::new(),
        };
        for config in &case.config.probes {
            let fields = fields_of(case, config);
            let n_before = all.watches.len();
            for (field, around) in &fields {
                let watch = |node| Watch {
                    field: *field,
                    node,
                    every: config.every_steps,
                };
                all.watches.extend(around.nodes().into_iter().map(watch));
            }
            let writer = match outputs.new_file(&format!("{PROBES}/{}.csv", config.name)) {
                Ok(None) => Ok(None),
                Ok(Some(path)) => {
                    let bytes = before.and_then(|before| before.outputs.probe_bytes.get(&config.name));
                    writer(case, config, &fields, &path, bytes.copied()).map(|(writer, said)| {
                        said.iter().for_each(|text| outputs.note(text));
                        Some(writer)
                    })
                }
                Err(error) => Err(error),
            };
            all.probes.push(Probe {
                name: config.name.clone(),
                every: config.every_steps,
                n_nodes: all.watches.len() - n_before,
                pending: Vec::new(),
                writer: world.agree(writer)?,
            });
        }
        let tiles: Vec<Tile> = (0..decomposition.n_tiles())
            .map(|rank| case.tile(decomposition, rank))
            .collect();
        let owner = |watch: &Watch| {
            let owns = |tile: &Tile| tile.owned.contains(cell_of_node(tile, watch.node));
            tiles.iter().position(owns).expect("every cell has an owner")
        };
        all.owners = all.watches.iter().map(owner).collect();
        Ok(all)
    }

    /// What records the nodes that the owner of `tile` has.
    pub fn recorder(&self, tile: &Tile, declaration: &Declaration) -> Recorder {
        Recorder::new(&self.watches, tile, declaration)
    }

    /// Notes that the run has come to `here`: where a probe is due, its values have been recorded.
    pub fn note(&mut self, here: &Here) {
        let stamp = Stamp {
            step: here.step,
            time: here.time,
            dt: here.dt,
        };
        for probe in &mut self.probes {
            if here.step.is_multiple_of(probe.every) {
                probe.pending.push(stamp);
            }
        }
    }

    /// Whether so many rows have gathered that they have to be written; the same on all ranks.
    pub fn is_full(&self) -> bool {
        self.probes.iter().any(|probe| probe.pending.len() >= MOST_ROWS)
    }

    /// Writes what has been recorded; all ranks call it.
    ///
    /// # Errors
    /// [`Error::Io`](crate::error::Error::Io), agreed on by all ranks.
    pub fn write(&mut self, world: &World, recorder: &mut Recorder) -> Result<()> {
        if self.probes.iter().all(|probe| probe.pending.is_empty()) {
            return Ok(());
        }
        let rows: Vec<usize> = self
            .probes
            .iter()
            .flat_map(|probe| vec![probe.pending.len(); probe.n_nodes])
            .collect();
        let mut lengths = BTreeMap::new();
        for (owner, rows) in self.owners.iter().zip(&rows) {
            *lengths.entry(*owner).or_default() += rows;
        }
        let lists = gather_lists(world, &lengths, recorder.take());
        let written = lists.map_or(Ok(()), |lists| self.append(&rows, &lists));
        for probe in &mut self.probes {
            probe.pending.clear();
        }
        world.agree(written)
    }

    /// Appends the rows, on rank 0: `lists` holds the values of every rank that has any, node by node.
    fn append(&mut self, rows: &[usize], lists: &BTreeMap<usize, Vec<f64>>) -> Result<()> {
        let mut rest: BTreeMap<usize, &[f64]> = lists.iter().map(|(rank, list)| (*rank, &list[..])).collect();
        let mut columns = self.owners.iter().zip(rows).map(|(owner, &rows)| {
            let rest = rest.get_mut(owner).expect("owners with rows have a list");
            let (values, others) = rest.split_at(rows);
            *rest = others;
            values
        });
        for probe in &mut self.probes {
            let nodes: Vec<&[f64]> = columns.by_ref().take(probe.n_nodes).collect();
            if let Some(writer) = &mut probe.writer {
                writer.append(&probe.pending, &nodes)?;
            }
        }
        Ok(())
    }

    /// Lengths of the files by the names of the probes, on rank 0.
    pub fn n_bytes(&self) -> BTreeMap<String, u64> {
        let written = |probe: &Probe| Some((probe.name.clone(), probe.writer.as_ref()?.n_bytes()));
        self.probes.iter().filter_map(written).collect()
    }

    /// The open files, for bringing them to the disk from elsewhere; on rank 0.
    ///
    /// # Errors
    /// [`Error::Io`](crate::error::Error::Io) if the system refuses.
    pub fn handles(&self) -> Result<Vec<File>> {
        let writers = self.probes.iter().filter_map(|probe| probe.writer.as_ref());
        writers.map(ProbeWriter::handle).collect()
    }

    /// Brings the files to the disk.
    ///
    /// # Errors
    /// [`Error::Io`](crate::error::Error::Io), agreed on by all ranks.
    pub fn finish(&mut self, world: &World) -> Result<()> {
        let writers = self.probes.iter_mut().filter_map(|probe| probe.writer.take());
        let finished = writers.map(ProbeWriter::finish).collect::<Result<Vec<()>>>();
        world.agree(finished.map(|_| ()))
    }
}

/// The numbers of the fields that a probe records, and their nodes around it.
fn fields_of(case: &Case, config: &ProbeConfig) -> Vec<(usize, NodesAround)> {
    let fields = case.declaration.fields.iter().enumerate();
    let wanted = fields.filter(|(_, field)| config.fields.is_empty() || config.fields.contains(&field.name));
    wanted
        .map(|(n, field)| (n, nodes_around(&case.grid, field, config)))
        .collect()
}

fn nodes_around(grid: &Grid, field: &FieldSpec, config: &ProbeConfig) -> NodesAround {
    NodesAround::new(grid, field.location, &field.domain, config.at)
}

fn writer(
    case: &Case,
    config: &ProbeConfig,
    fields: &[(usize, NodesAround)],
    path: &std::path::Path,
    bytes: Option<u64>,
) -> Result<(ProbeWriter, Option<String>)> {
    let head = ProbeHead {
        remarks: super::outputs::history_remarks(case),
        name: &config.name,
        at: config.at,
        grid: &case.grid,
        length_unit: case.config.units.length(),
        time_unit: case.config.units.time(),
    };
    let field = |(n, around): &(usize, NodesAround)| {
        let spec = &case.declaration.fields[*n];
        ProbeField {
            name: spec.name.clone(),
            unit: spec.unit.clone(),
            location: spec.location,
            time_shift: spec.time_shift,
            around: *around,
        }
    };
    let fields = fields.iter().map(field).collect();
    match bytes {
        Some(bytes) => ProbeWriter::resume(path, &head, fields, bytes),
        None => Ok((ProbeWriter::create(path, &head, fields)?, None)),
    }
}

/// Rows of `config` in a run of `steps`, and its columns of numbers: for estimates.
pub fn size(case: &Case, config: &ProbeConfig, steps: u64) -> (u64, usize) {
    let columns = |(_, around): &(usize, NodesAround)| match around.nodes().len() {
        1 => 1,
        several => several + 1,
    };
    let fields = fields_of(case, config);
    (
        steps / config.every_steps + 1,
        2 + fields.iter().map(columns).sum::<usize>(),
    )
}

/// Probes may only ask for fields that exist.
pub fn check_fields(document: &Document, probes: &[ProbeConfig], declaration: &Declaration) {
    let tables = document.root().tables("probe");
    let table_of = |probe: &ProbeConfig| {
        let path = format!("probe.{}", probe.name);
        tables.iter().find(move |table| table.path() == path)
    };
    for probe in probes {
        if let Some(table) = table_of(probe) {
            super::case::check_fields(table, &probe.fields, declaration);
        }
    }
}
