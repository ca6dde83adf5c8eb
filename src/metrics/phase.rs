//! What a rank can be busy with.

/// What a rank can be busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Updating cells that need no halo (all owned cells, where nothing is exchanged or everything is waited for).
    Core,
    /// Updating cells within reach of a halo.
    Shell,
    /// Copying what neighbours need into message buffers.
    Pack,
    /// Starting messages, and letting them move.
    Post,
    /// Waiting for messages.
    Wait,
    /// Copying what has arrived into the halo.
    Unpack,
    /// Copying cells of the tile into its own halo, where it is its own neighbour.
    Copy,
    /// Sums, extrema and checks over all ranks.
    Reduce,
    /// Writing snapshots, history and status.
    Output,
    /// Writing what a restart needs.
    Checkpoint,
}

impl Phase {
    pub const ALL: [Phase; 10] = [
        Phase::Core,
        Phase::Shell,
        Phase::Pack,
        Phase::Post,
        Phase::Wait,
        Phase::Unpack,
        Phase::Copy,
        Phase::Reduce,
        Phase::Output,
        Phase::Checkpoint,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Phase::Core => "core",
            Phase::Shell => "shell",
            Phase::Pack => "pack",
            Phase::Post => "post",
            Phase::Wait => "wait",
            Phase::Unpack => "unpack",
            Phase::Copy => "copy",
            Phase::Reduce => "reduce",
            Phase::Output => "output",
            Phase::Checkpoint => "checkpoint",
        }
    }

    /// What is being done, for people who do not know the names.
    pub fn text(self) -> &'static str {
        match self {
            Phase::Core => "updating cells",
            Phase::Shell => "updating cells beside halos",
            Phase::Pack => "copying into messages",
            Phase::Post => "starting messages",
            Phase::Wait => "waiting for messages",
            Phase::Unpack => "copying out of messages",
            Phase::Copy => "copying into its own halo",
            Phase::Reduce => "sums and checks over all ranks",
            Phase::Output => "writing output",
            Phase::Checkpoint => "writing a checkpoint",
        }
    }

    /// Whether disks take part, which may be slow for no fault of the run's.
    pub fn writes(self) -> bool {
        matches!(self, Phase::Output | Phase::Checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_stand_at_their_own_place() {
        assert!(Phase::ALL.iter().enumerate().all(|(n, &phase)| phase as usize == n));
    }
}
