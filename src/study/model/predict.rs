//! From a configuration and numbers of ranks to the times of their steps, and to what is measured beside them.

use super::link::{Link, LinkPoint, Size};
use super::machine::{Machine, Network};
use super::pace::Pace;
use super::step::{Order, Transfer, Work, step_time};
use crate::config::Precision;
use crate::engine::{Engine, Executor, Setup, depth_of};
use crate::error::{Error, Result};
use crate::files::provenance::host_name;
use crate::grid::{PerAxis, Topology};
use crate::kernels::contract::Buildable;
use crate::metrics::caches::{caches, clock, n_processors, working_cache};
use crate::numerics::instructions::InstructionSet;
use crate::parallel::{Traffic, World};
use crate::simulation::{Case, deepened};
use crate::study::kernels::fitted_kernel;
use crate::study::machine::{Memory, Stream};
use crate::study::{Host, Samples};
use serde::Serialize;

/// What is to be predicted.
#[derive(Clone, Debug)]
pub struct PredictionPlan {
    /// Numbers of ranks.
    pub ranks: Vec<usize>,
    /// The machine they run on; this one unless given.
    pub machine: Option<Machine>,
    /// Blocks that are too long for the tiles are left out.
    pub executors: Vec<Executor>,
    /// Repetitions of every measurement, at least 1.
    pub repeat: usize,
    /// Least duration of a repetition, s.
    pub seconds_per_repeat: f64,
    pub instructions: InstructionSet,
    /// Whether ranks of a host exchange halos through memory, where they can.
    pub shared_memory: bool,
}

/// The step of one executor on one number of ranks.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    pub ranks: usize,
    pub ranks_per_node: usize,
    pub topology: Topology,
    /// Cells of the largest tile along each axis.
    pub tile: PerAxis<usize>,
    pub executor: String,
    pub order: Order,
    /// Of the slowest rank that was looked at.
    pub work: Work,
    /// Messages that a rank sends in a step, and their bytes.
    pub messages: f64,
    pub bytes: f64,
    pub transfer: Transfer,
    /// Time of a step, s.
    pub predicted: f64,
    /// The same, measured, if these ranks are there.
    pub measured: Option<Samples>,
    /// Cells of the grid over the predicted time of a step, 1/s.
    pub updates_per_second: f64,
}

impl Point {
    /// By how much the prediction is too long, as a share of what was measured.
    pub fn error(&self) -> Option<f64> {
        let measured = self.measured.as_ref()?.median();
        Some(self.predicted / measured - 1.0)
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Prediction {
    pub case: String,
    pub precision: &'static str,
    pub cells: PerAxis<usize>,
    /// The machine that it is for.
    pub machine: Machine,
    pub is_described: bool,
    /// Where the work of a rank was measured: ranks at once, and on how many hosts.
    pub n_ranks: usize,
    pub n_hosts: usize,
    /// Between ranks of a host, and between hosts, where they were measured.
    pub near: Option<Link>,
    pub far: Option<Link>,
    pub points: Vec<Point>,
}

/// Predicts as planned. All ranks call it and get the same.
///
/// # Errors
/// [`Error::Config`] if the grid does not admit a number of ranks or the kernel cannot be prepared, and where several nodes
/// are asked for and nothing is known of what joins them.
pub fn predict(world: &World, case: &Case, plan: &PredictionPlan) -> Result<Prediction> {
    match case.config.precision {
        Precision::Single => predict_in::<f32>(world, case, plan),
        Precision::Double => predict_in::<f64>(world, case, plan),
    }
}

/// Where the ranks of this job are.
struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    fn ranks_on_first(&self) -> usize {
        self.names.iter().filter(|name| **name == self.names[0]).count()
    }

    fn n(&self) -> usize {
        let mut names: Vec<&String> = self.names.iter().collect();
        names.sort();
        names.dedup();
        names.len()
    }

    /// The first rank that is, or is not, on the host of rank 0.
    fn partner(&self, is_near: bool) -> Option<usize> {
        (1..self.names.len()).find(|&rank| (self.names[rank] == self.names[0]) == is_near)
    }
}

fn predict_in<T: Buildable>(world: &World, case: &Case, plan: &PredictionPlan) -> Result<Prediction> {
    let names = world.broadcast_text(&world.gather_texts(&host_name()).join("\n"));
    let hosts = Hosts {
        names: names.lines().map(str::to_owned).collect(),
    };
    let here = this_machine(world, &hosts, plan);
    let machine = plan.machine.clone().unwrap_or_else(|| here.clone());
    let scale = Scale::new(&here, &hosts, plan.machine.as_ref());
    let mut prediction = Prediction {
        case: case.config.path.display().to_string(),
        precision: T::NAME,
        cells: case.grid.cells,
        machine,
        is_described: plan.machine.is_some(),
        n_ranks: world.size(),
        n_hosts: hosts.n(),
        near: None,
        far: None,
        points: Vec::new(),
    };
    for &ranks in &plan.ranks {
        let mut measured = Measured::<T>::new(world, case, plan, ranks)?;
        let tries = measured.tries();
        let links = Links::of(world, &hosts, plan, &tries)?;
        let per_node = match &plan.machine {
            Some(machine) => machine.cores.min(ranks),
            None => hosts.ranks_on_first().min(ranks),
        };
        for (executor, one) in measured.executors.clone().into_iter().zip(tries) {
            let roof = measured.bytes_per_step / executor.n_steps() as f64 / scale.here_per_rank;
            let work = scale.apply(one.work, roof);
            let far = links.far.clone().or_else(|| plan.machine.as_ref()?.link(per_node));
            let transfer = transfer(&one.sent, measured.rank, per_node, &links.near, far.as_ref());
            let transfer = transfer.map_err(|()| unknown_network(ranks, per_node))?;
            let order = Order::of(executor, work.shell);
            let predicted = largest(world, step_time(order, work, transfer));
            // The sum of nothing is not to be -0.
            let sent = |part: fn(&Sent) -> f64| one.sent.iter().map(part).fold(0.0, |sum, more| sum + more);
            let [
                core,
                shell,
                copies,
                uneven,
                messages,
                bytes,
                seconds,
                aided,
                interval,
                processor,
            ] = largest_of(
                world,
                [
                    work.core,
                    work.shell,
                    work.copies,
                    work.uneven,
                    sent(|sent| sent.messages),
                    sent(|sent| sent.bytes),
                    transfer.seconds,
                    transfer.aided,
                    transfer.interval,
                    transfer.processor,
                ],
            );
            prediction.points.push(Point {
                ranks,
                ranks_per_node: per_node,
                topology: measured.topology,
                tile: measured.tile,
                executor: executor.name(),
                order,
                work: Work {
                    core,
                    shell,
                    copies,
                    uneven,
                },
                messages,
                bytes,
                transfer: Transfer {
                    seconds,
                    aided,
                    interval,
                    processor,
                    unaided: transfer.unaided,
                },
                predicted,
                updates_per_second: case.grid.n_cells() as f64 / predicted,
                measured: one.measured.filter(|_| plan.machine.is_none()),
            });
        }
        prediction.near = Some(links.near).filter(|_| world.size() > 1).or(prediction.near);
        prediction.far = links.far.or(prediction.far);
    }
    if let (None, Some(far)) = (&plan.machine, &prediction.far) {
        prediction.machine.network = Some(network_of(far));
    }
    Ok(prediction)
}

fn largest(world: &World, value: f64) -> f64 {
    largest_of(world, [value])[0]
}

fn largest_of<const N: usize>(world: &World, mut values: [f64; N]) -> [f64; N] {
    world.max(&mut values);
    values
}

fn unknown_network(ranks: usize, per_node: usize) -> Error {
    Error::Config(format!(
        "{ranks} ranks fill several nodes of {per_node}, and nothing is known of the network between them: describe the machine \
         with --machine FILE, or start simrun predict on ranks of two hosts"
    ))
}

/// The machine that this job runs on, without its network.
fn this_machine(world: &World, hosts: &Hosts, plan: &PredictionPlan) -> Machine {
    let host = Host::read();
    let bytes = 2 * host.last_level_cache().min(64 << 20);
    let mut memory = Memory::new(bytes / size_of::<f64>(), plan.instructions);
    let mut copy = Samples::default();
    for _ in 0..plan.repeat {
        copy.push(memory.all_ranks(world, Stream::Copy));
    }
    let on_a_host = hosts.ranks_on_first();
    Machine {
        name: format!("{} ({})", host.name, host.processor),
        cores: on_a_host,
        memory_bandwidth: copy.median() * on_a_host as f64 / world.size() as f64,
        clock: clock().unwrap_or(0.0),
        network: None,
    }
}

fn network_of(link: &Link) -> Network {
    let latency = link.at(0.0).seconds;
    // Those of the longest message: of short ones too little is seen.
    let LinkPoint {
        bytes,
        seconds,
        interval,
        processor,
        unaided,
        ..
    } = link.points().last().copied().unwrap_or_default();
    Network {
        latency,
        bandwidth: bytes / (seconds - latency).max(interval).max(f64::MIN_POSITIVE),
        processor_per_byte: processor / bytes.max(1.0),
        unaided,
    }
}

/// How much longer work takes on another machine.
struct Scale {
    /// Memory bandwidth of a rank here, bytes/s.
    here_per_rank: f64,
    memory: f64,
    clock: f64,
    is_elsewhere: bool,
}

impl Scale {
    fn new(here: &Machine, hosts: &Hosts, there: Option<&Machine>) -> Scale {
        let here_per_rank = here.memory_bandwidth / hosts.ranks_on_first() as f64;
        let there_per_rank = there.map_or(here_per_rank, |machine| machine.memory_bandwidth / machine.cores as f64);
        let clock = there
            .filter(|_| here.clock > 0.0)
            .map_or(1.0, |machine| here.clock / machine.clock);
        Scale {
            here_per_rank,
            memory: here_per_rank / there_per_rank,
            clock,
            is_elsewhere: there.is_some(),
        }
    }

    /// What the memory accounts for, `roof` seconds of a step at most, goes with its bandwidth, the rest with the clock.
    fn apply(&self, work: Work, roof: f64) -> Work {
        let all = work.core + work.shell;
        let share = if all > 0.0 { (roof / all).min(1.0) } else { 0.0 };
        let factor = share * self.memory + (1.0 - share) * self.clock;
        Work {
            core: factor * work.core,
            shell: factor * work.shell,
            copies: self.memory * work.copies,
            // How others disturb ranks there is not known.
            uneven: if self.is_elsewhere { 0.0 } else { work.uneven },
        }
    }
}

/// What goes to another rank in a step.
#[derive(Clone, Copy, Debug)]
struct Sent {
    to: usize,
    messages: f64,
    bytes: f64,
}

/// What was sent in a step, the mean of `n_steps`, between which and before which so much had been sent.
fn sent_between(before: &[Traffic], after: &[Traffic], n_steps: u64) -> Vec<Sent> {
    let earlier = |traffic: &Traffic| {
        let same = before
            .iter()
            .find(|other| (other.to, other.through) == (traffic.to, traffic.through));
        same.map_or((0, 0), |other| (other.messages, other.bytes))
    };
    let sent = |traffic: &Traffic| {
        let (messages, bytes) = earlier(traffic);
        Sent {
            to: traffic.to,
            messages: (traffic.messages - messages) as f64 / n_steps as f64,
            bytes: (traffic.bytes - bytes) as f64 / n_steps as f64,
        }
    };
    after.iter().map(sent).filter(|sent| sent.messages > 0.0).collect()
}

/// What was measured of an executor.
struct Try {
    work: Work,
    /// How often messages could be helped along in a step.
    chances: f64,
    sent: Vec<Sent>,
    measured: Option<Samples>,
}

/// A decomposition, and this rank's part in it.
struct Measured<'w, T> {
    rank: usize,
    topology: Topology,
    tile: PerAxis<usize>,
    bytes_per_step: f64,
    executors: Vec<Executor>,
    /// The rank with nobody to talk to, and the real one if the job is this.
    silent: Pace<'w, T>,
    real: Option<Pace<'w, T>>,
    n_steps: u64,
    repeat: usize,
}

impl<'w, T: Buildable> Measured<'w, T> {
    fn new(world: &'w World, case: &Case, plan: &PredictionPlan, ranks: usize) -> Result<Measured<'w, T>> {
        let decomposition = world.agree(case.decompose(ranks))?;
        let admitted =
            |executor: &&Executor| decomposition.admits(&depth_of(&case.declaration, &case.grid, executor.n_steps()));
        let executors: Vec<Executor> = plan.executors.iter().filter(admitted).copied().collect();
        let blocks: Vec<usize> = executors.iter().filter_map(|executor| executor.block()).collect();
        let is_real = ranks == world.size();
        // Ranks that are not all here are looked at in the middle of the shares that these would have of them.
        let rank = (2 * world.rank() + 1) * ranks / (2 * world.size());
        let rank = if is_real { world.rank() } else { rank };
        let tile = deepened(case, case.tile(&decomposition, rank), &blocks);
        let setup = || -> Result<(Setup<T>, f64)> {
            let (kernel, declaration, dt) = fitted_kernel(world, case, &tile)?;
            let setup = Setup {
                decomposition: decomposition.clone(),
                declaration,
                kernel,
                tile: tile.clone(),
                instructions: plan.instructions,
                blocks: blocks.clone(),
                cache: working_cache(&caches(), n_processors()),
                n_threads: 1,
                shared_memory: plan.shared_memory,
            };
            Ok((setup, dt))
        };
        let (alone, dt) = setup()?;
        let bytes_per_cell = alone.declaration.bytes_per_cell(size_of::<T>());
        let n_phases = alone.declaration.phases.len() as u64;
        let mut silent = Pace::new(world, Engine::silent(rank, alone), dt);
        let real = match is_real {
            true => Some(Pace::new(world, Engine::new(world, setup()?.0), dt)),
            false => None,
        };
        let longest = executors
            .iter()
            .map(|executor| executor.n_steps() as u64)
            .max()
            .unwrap_or(1);
        let round = n_phases * longest.div_ceil(n_phases);
        let n_steps = silent.steps_that_last(plan.seconds_per_repeat, round);
        Ok(Measured {
            rank,
            topology: decomposition.topology,
            tile: tile.owned.size(),
            bytes_per_step: bytes_per_cell * tile.owned.n_cells() as f64,
            executors,
            silent,
            real,
            n_steps,
            repeat: plan.repeat,
        })
    }

    /// Every executor in turn, silent and real.
    fn tries(&mut self) -> Vec<Try> {
        let mut all = vec![Found::default(); self.executors.len()];
        for repetition in 0..=self.repeat {
            for (found, &executor) in all.iter_mut().zip(&self.executors) {
                let before = self.silent.engine.traffic();
                let mut with_others = || self.real.as_mut().map(|real| real.stretch(executor, self.n_steps));
                // By turns the one and the other first: what changes slowly is the same for both.
                let early = if repetition % 2 == 1 { with_others() } else { None };
                let silent = self.silent.stretch(executor, self.n_steps);
                let real = early.or_else(with_others);
                found.sent = sent_between(&before, &self.silent.engine.traffic(), self.n_steps);
                found.chances = silent.chances;
                // The first is for warming up.
                if repetition > 0 {
                    found.core.push(silent.work.core);
                    found.shell.push(silent.work.shell);
                    found.copies.push(silent.work.copies);
                    found.uneven.push(silent.work.uneven);
                    real.iter().for_each(|real| found.real.push(real.seconds));
                }
            }
        }
        let measured = |found: Found| Try {
            work: Work {
                core: found.core.median(),
                shell: found.shell.median(),
                copies: found.copies.median(),
                uneven: found.uneven.median(),
            },
            chances: found.chances,
            sent: found.sent,
            measured: self.real.is_some().then_some(found.real),
        };
        all.into_iter().map(measured).collect()
    }
}

/// What has been found of an executor so far: all of a step, s.
#[derive(Clone, Default)]
struct Found {
    core: Samples,
    shell: Samples,
    copies: Samples,
    uneven: Samples,
    /// With the others.
    real: Samples,
    sent: Vec<Sent>,
    chances: f64,
}

/// The links of this job.
struct Links {
    near: Link,
    far: Option<Link>,
}

impl Links {
    /// Measures what the plan does not describe, with messages as long as those of the tries.
    fn of(world: &World, hosts: &Hosts, plan: &PredictionPlan, tries: &[Try]) -> Result<Links> {
        let mut sizes: Vec<Size> = Vec::new();
        for one in tries {
            // Of the rank with most to say: the same on all ranks.
            let mine = one
                .sent
                .iter()
                .map(|sent| sent.bytes / sent.messages)
                .fold(0.0, f64::max);
            let n = one.sent.iter().map(|sent| sent.messages).fold(0.0, f64::max);
            let [bytes, n, core, chances] = largest_of(world, [mine, n, one.work.core, one.chances]);
            let size = Size {
                bytes,
                between: core / n,
                chances: chances / n,
            };
            match sizes.iter_mut().find(|size| size.bytes == bytes) {
                Some(same) => same.chances = same.chances.max(size.chances),
                None if bytes > 0.0 => sizes.push(size),
                None => {}
            }
        }
        let measure = |partner: usize| Link::measure(world, partner, &sizes, plan.repeat);
        let near = match hosts.partner(true).filter(|_| !plan.shared_memory && !sizes.is_empty()) {
            Some(partner) => measure(partner),
            None => Link::memory(),
        };
        let far = hosts
            .partner(false)
            .filter(|_| plan.machine.is_none() && !sizes.is_empty());
        Ok(Links {
            near,
            far: far.map(measure),
        })
    }
}

/// What a rank's messages cost in a step; ranks fill nodes of `per_node` in turn. An error where messages leave a node and
/// nothing is known of the network.
fn transfer(
    sent: &[Sent],
    rank: usize,
    per_node: usize,
    near: &Link,
    far: Option<&Link>,
) -> std::result::Result<Transfer, ()> {
    let mut all = Transfer {
        unaided: 1.0,
        ..Transfer::default()
    };
    for sent in sent {
        let link = match sent.to / per_node == rank / per_node {
            true => near,
            false => far.ok_or(())?,
        };
        let one = link.at(sent.bytes / sent.messages);
        all.seconds += sent.messages * one.seconds;
        all.aided += sent.messages * one.aided;
        all.interval += sent.messages * one.interval;
        all.processor += sent.messages * one.processor;
        all.unaided = all.unaided.min(one.unaided);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(to: usize, messages: f64, bytes: f64) -> Sent {
        Sent { to, messages, bytes }
    }

    #[test]
    fn messages_within_a_node_go_by_its_memory() {
        let far = Link::described(1.0, 10.0, 0.5, 0.25);
        let all = [sent(0, 2.0, 100.0), sent(2, 2.0, 40.0)];
        let found = transfer(&all, 1, 2, &Link::memory(), Some(&far)).unwrap();
        assert_eq!(
            (found.seconds, found.processor, found.unaided),
            (2.0 * (1.0 + 2.0), 20.0, 0.25)
        );
        assert!(transfer(&all, 1, 2, &Link::memory(), None).is_err());
        assert!(transfer(&all[..1], 1, 2, &Link::memory(), None).is_ok());
    }

    #[test]
    fn what_the_memory_accounts_for_goes_with_its_bandwidth() {
        let scale = Scale {
            here_per_rank: 1.0,
            memory: 4.0,
            clock: 2.0,
            is_elsewhere: true,
        };
        let work = Work {
            core: 6.0,
            shell: 2.0,
            copies: 1.0,
            uneven: 0.5,
        };
        let there = scale.apply(work, 4.0);
        assert_eq!(
            (there.core, there.shell, there.copies, there.uneven),
            (18.0, 6.0, 4.0, 0.0)
        );
        assert_eq!(scale.apply(work, 100.0).core, 24.0);
    }

    const CASE: &str = "[grid]\ncells = [24, 24, 24]\nsize = [1.0, 1.0, 1.0]\n[time]\nsteps = 1\n[kernel]\ntype = \"advection-diffusion\"\n\
         diffusivity = 1.0\nstepper = \"euler\"\nboundary = { all = \"periodic\" }\n[[kernel.field]]\nname = \"q\"\ninitial = \"x\"";

    fn case() -> Case {
        case_with(&[])
    }

    fn case_with(changes: &[String]) -> Case {
        Case::parse("test", CASE, changes).unwrap()
    }

    fn plan(ranks: &[usize], machine: Option<Machine>) -> PredictionPlan {
        PredictionPlan {
            ranks: ranks.to_vec(),
            machine,
            executors: vec![Executor::Blocking, Executor::Progress, Executor::Temporal(4)],
            repeat: 1,
            seconds_per_repeat: 0.0,
            instructions: InstructionSet::best(),
            shared_memory: true,
        }
    }

    fn machine() -> Machine {
        Machine {
            name: "m".into(),
            cores: 2,
            memory_bandwidth: 1e11,
            clock: 2e9,
            network: Some(Network {
                latency: 1e-3,
                bandwidth: 1e6,
                processor_per_byte: 0.0,
                unaided: 1.0,
            }),
        }
    }

    #[test]
    fn messages_are_helped_along_between_slabs_and_after_layers() {
        let case = case_with(&["grid.cells=[8,8,96]".into(), "parallel.topology=[1,1,2]".into()]);
        let world = World::single();
        let mut measured = Measured::<f64>::new(&world, &case, &plan(&[2], None), 2).unwrap();
        let chances: Vec<f64> = measured.tries().iter().map(|one| one.chances).collect();
        assert_eq!((chances.len(), chances[0], chances[1]), (3, 0.0, 31.0));
        // A block of four steps has a chance after every pair of the layers of its core, which is most of the 48 of the tile.
        assert!(chances[2] >= 20.0 / 4.0 && chances[2] <= 24.0 / 4.0, "{chances:?}");
    }

    #[test]
    fn one_rank_is_held_against_what_is_measured() {
        let found = predict(&World::single(), &case(), &plan(&[1], None)).unwrap();
        assert_eq!(found.points.len(), 3);
        for point in &found.points {
            assert!(point.predicted > 0.0 && point.error().is_some(), "{point:?}");
            assert_eq!((point.messages, point.transfer.seconds), (0.0, 0.0));
        }
    }

    #[test]
    fn a_slow_network_is_what_a_step_takes() {
        let case = case_with(&["parallel.topology=[2, 2, 2]".into()]);
        let found = predict(&World::single(), &case, &plan(&[8], Some(machine()))).unwrap();
        let at = |name: &str| found.points.iter().find(|point| point.executor == name).unwrap();
        let (blocking, blocks) = (at("blocking"), at("temporal 4"));
        assert_eq!((blocking.ranks_per_node, blocking.topology), (2, [2, 2, 2]));
        // Three neighbours, of which the one along z is on the same node; two sides each.
        assert_eq!((blocking.messages, blocking.bytes), (3.0, 3.0 * 2.0 * 144.0 * 8.0));
        let far = 2.0 * (1e-3 + 2.0 * 2.0 * 144.0 * 8.0 / 1e6);
        assert!(
            (blocking.transfer.seconds - far).abs() < 1e-9,
            "{:?}",
            blocking.transfer
        );
        assert!(blocking.predicted >= far && blocks.messages < 2.0 && blocks.bytes > blocking.bytes);
        assert!(found.points.iter().all(|point| point.measured.is_none()));
    }

    #[test]
    fn several_nodes_need_a_network() {
        let error = predict(&World::single(), &case(), &plan(&[4], None)).unwrap_err();
        assert!(error.to_string().contains("--machine"), "{error}");
        let error = predict(&World::single(), &case(), &plan(&[100_000], Some(machine()))).unwrap_err();
        assert!(error.to_string().contains("largest number of ranks"), "{error}");
    }
}
