//! A machine, described in a file: what the model has to know of it.

use super::link::Link;
use crate::config::{Document, Table};
use crate::error::{Error, Result};
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// A machine of equal nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    pub name: String,
    /// Cores of a node: so many ranks are placed on it.
    pub cores: usize,
    /// Copy bandwidth of the memory of a node, with what stores read first counted, bytes/s.
    pub memory_bandwidth: f64,
    /// Clock of a core under load, Hz.
    pub clock: f64,
    /// None where all ranks were on one host.
    pub network: Option<Network>,
}

/// What joins the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Network {
    /// Of a short message, s.
    pub latency: f64,
    /// Of a node, each way, bytes/s.
    pub bandwidth: f64,
    /// Processor time that a byte takes from the computation, s.
    pub processor_per_byte: f64,
    /// The share of a message that moves while nobody is inside MPI.
    pub unaided: f64,
}

impl Machine {
    /// Reads the description at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Config`] with all that is missing or wrong in it.
    pub fn read(path: &Path) -> Result<Machine> {
        let text = std::fs::read_to_string(path).map_err(|cause| Error::io("read the machine", path, cause))?;
        Machine::parse(&path.to_string_lossy(), &text)
    }

    /// Reads the description `text`, called `name` in messages.
    ///
    /// # Errors
    /// [`Error::Config`] with all that is missing or wrong in it.
    pub fn parse(name: &str, text: &str) -> Result<Machine> {
        let document = Document::parse(name, text, &[])?;
        let machine = read(&document.root());
        document.finish()?;
        machine.ok_or_else(|| Error::Config(format!("{name} does not describe a machine")))
    }

    /// The link that each of `n_ranks` of a node has to other nodes when all send at once, where that is known.
    pub fn link(&self, n_ranks: usize) -> Option<Link> {
        let Network {
            latency,
            bandwidth,
            processor_per_byte,
            unaided,
        } = self.network?;
        let bandwidth = bandwidth / n_ranks as f64;
        Some(Link::described(latency, bandwidth, processor_per_byte, unaided))
    }

    /// As a file that [`Machine::read`] reads.
    pub fn text(&self) -> String {
        let Machine {
            name,
            cores,
            memory_bandwidth,
            clock,
            network,
        } = self;
        let mut text = String::new();
        let mut line = |line: std::fmt::Arguments| writeln!(text, "{line}").expect("a string takes all");
        line(format_args!("name = {name:?}\n\n[node]\ncores = {cores}"));
        line(format_args!(
            "memory_bandwidth = {memory_bandwidth:e} # bytes/s, copying on all cores, what stores read first counted"
        ));
        line(format_args!("clock = {clock:e} # Hz\n\n[network]"));
        let Some(network) = network else {
            line(format_args!(
                "# not measured, since all ranks were on one host: latency, bandwidth, processor_per_byte, unaided"
            ));
            return text;
        };
        line(format_args!("latency = {:e} # s", network.latency));
        line(format_args!(
            "bandwidth = {:e} # bytes/s of a node, each way",
            network.bandwidth
        ));
        line(format_args!(
            "processor_per_byte = {:e} # s of processor time that a byte takes from computing",
            network.processor_per_byte
        ));
        line(format_args!(
            "unaided = {} # share of a message that moves while nobody is inside MPI",
            network.unaided
        ));
        text
    }
}

fn read(root: &Table) -> Option<Machine> {
    let name = root.require("name", "name = \"what it is called\"").string("name");
    let node = root.require_table("node", "a table [node] with cores, memory_bandwidth and clock");
    let network = root.require_table(
        "network",
        "a table [network] with latency, bandwidth, processor_per_byte and unaided",
    );
    let node = node.map(|node| {
        let cores = node.require("cores", "cores = 128").count("cores");
        let help = "memory_bandwidth = 2e11, in bytes/s";
        let bandwidth = node.require("memory_bandwidth", help).positive("memory_bandwidth");
        let clock = node.require("clock", "clock = 2.5e9, in Hz").positive("clock");
        (cores, bandwidth, clock)
    });
    let network = network.map(|network| {
        let latency = network
            .require("latency", "latency = 2e-6, in s")
            .non_negative("latency");
        let help = "bandwidth = 2.5e10, in bytes/s of a node, each way";
        let bandwidth = network.require("bandwidth", help).positive("bandwidth");
        let help = "processor_per_byte = 0.0, in s";
        let processor = network
            .require("processor_per_byte", help)
            .non_negative("processor_per_byte");
        let unaided = network.require("unaided", "unaided = 1.0 where the network moves messages by itself");
        let unaided = unaided.number_that("unaided", |share| (0.0..=1.0).contains(&share), "from 0 to 1");
        (latency, bandwidth, processor, unaided)
    });
    let ((cores, memory_bandwidth, clock), (latency, bandwidth, processor_per_byte, unaided)) = node.zip(network)?;
    Some(Machine {
        name: name?,
        cores: cores? as usize,
        memory_bandwidth: memory_bandwidth?,
        clock: clock?,
        network: Some(Network {
            latency: latency?,
            bandwidth: bandwidth?,
            processor_per_byte: processor_per_byte?,
            unaided: unaided?,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine {
            name: "two \"hosts\"".into(),
            cores: 4,
            memory_bandwidth: 6.5e10,
            clock: 2.5e9,
            network: Some(Network {
                latency: 1.5e-6,
                bandwidth: 1e9,
                processor_per_byte: 2e-10,
                unaided: 0.25,
            }),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(Machine::parse("m", &machine().text()).unwrap(), machine());
    }

    #[test]
    fn ranks_of_a_node_share_its_bandwidth() {
        let link = machine().link(4).unwrap();
        assert!((link.at(1e6).seconds - (1.5e-6 + 4e-3)).abs() < 1e-9);
    }

    #[test]
    fn every_number_that_is_missing_or_misspelt_is_named() {
        let text = machine()
            .text()
            .replace("latency = 1.5e-6", "latncy = 1.5e-6")
            .replace("cores = 4", "cores = -4");
        let error = Machine::parse("m.toml", &text).unwrap_err().to_string();
        for part in ["latency", "latncy", "cores", "m.toml"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
