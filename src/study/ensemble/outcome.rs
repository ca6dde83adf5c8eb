//! How a member of an ensemble ended.

use crate::error::{Error, Result};
use crate::files::run_folder::STATUS;
use crate::files::{RunState, Status};
use crate::parallel::World;
use crate::simulation::StopReason;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How a member ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Its number among all.
    pub member: usize,
    /// The exit code that it would have had alone.
    pub code: i32,
    /// What its log says, as status.json has it; none where it has not begun.
    pub status: Option<Status>,
    /// The error; empty where it came to its end.
    pub message: String,
}

impl Outcome {
    /// Of a member that `ended` so, and left its files in `folder`.
    pub fn of(member: usize, ended: Result<()>, folder: &Path) -> Outcome {
        let (code, message) = match ended {
            Ok(()) => (0, String::new()),
            Err(error) => (error.exit_code(), error.to_string()),
        };
        let state = match code {
            0 => RunState::Finished,
            3 => RunState::Stopped,
            _ => RunState::Failed,
        };
        // One of an earlier run may still be there.
        let status = Status::read(&folder.join(STATUS)).ok();
        Outcome {
            member,
            code,
            status: status.filter(|status| status.state == state && code != 2),
            message,
        }
    }

    /// Of a member that does not begin, as its group was asked to stop.
    pub fn not_begun(member: usize) -> Outcome {
        let error =
            Error::Stopped("not begun: the members before were asked to stop; continue with --restart auto".into());
        Outcome {
            member,
            code: error.exit_code(),
            status: None,
            message: error.to_string(),
        }
    }

    /// Whether its group begins no further member: it was asked to stop, and not by a file that concerns this member alone.
    pub fn ends_group(&self) -> bool {
        let reason = self.status.as_ref().and_then(|status| status.stop_reason.as_deref());
        self.code == 3 && reason != Some(StopReason::StopFile.name())
    }

    /// In a word: "finished", or how it did not.
    pub fn word(&self) -> &'static str {
        match (self.code, &self.status) {
            (0, _) => "finished",
            (3, None) => "not begun",
            (3, _) => "stopped",
            (2, _) => "refused",
            _ => "failed",
        }
    }

    /// In a line.
    pub fn text(&self) -> String {
        let word = self.word();
        match &self.status {
            Some(status) => format!("{word} in step {}, after {:.1} s", status.step, status.wall_seconds),
            None => word.to_owned(),
        }
    }
}

/// The outcomes of all groups, whose first ranks are `roots`, in the order of members, on rank 0; nothing elsewhere. All ranks
/// call it, with what they know.
pub fn gather(world: &World, roots: &[usize], mine: &[Outcome]) -> Vec<Outcome> {
    let text = serde_json::to_string(mine).expect("numbers and texts can be written");
    let received = world.gather_bytes(roots, text.into_bytes()).into_iter();
    let read = |bytes: Vec<u8>| -> Vec<Outcome> {
        serde_json::from_slice(&bytes).expect("what another rank has written can be read")
    };
    let mut all: Vec<Outcome> = received.flat_map(read).collect();
    all.sort_by_key(|outcome| outcome.member);
    all
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The status of a run that ended in step 7.
    pub fn status(state: RunState, stop_reason: Option<&str>) -> Status {
        Status {
            state,
            step: 7,
            steps_total: Some(9),
            time: 0.5,
            end: None,
            dt: f64::NAN,
            time_unit: "s".into(),
            cells_per_second: 2.5e6,
            started: String::new(),
            updated: String::new(),
            wall_seconds: 1.25,
            eta_seconds: None,
            ranks: 1,
            checkpoint_step: None,
            restarted_from: None,
            stop_reason: stop_reason.map(str::to_owned),
            message: String::new(),
            version: String::new(),
        }
    }

    #[test]
    fn an_outcome_has_the_status_of_this_very_run_alone() {
        let folder = tempfile::tempdir().unwrap();
        let of = |ended| Outcome::of(3, ended, folder.path());
        assert!(of(Ok(())).status.is_none());
        status(RunState::Failed, None)
            .write(&folder.path().join(STATUS))
            .unwrap();
        let failed = of(Err(Error::Numerical("NaN".into())));
        assert_eq!(
            (failed.code, failed.word(), failed.message.as_str()),
            (4, "failed", "NaN")
        );
        assert_eq!(failed.text(), "failed in step 7, after 1.2 s");
        assert!(of(Err(Error::Stopped(String::new()))).status.is_none(), "another state");
        let refused = of(Err(Error::Config("no".into())));
        assert_eq!((refused.status.is_none(), refused.text().as_str()), (true, "refused"));
    }

    #[test]
    fn a_group_ends_with_a_member_that_was_stopped_but_not_by_its_own_file() {
        let stopped = |reason| Outcome {
            status: Some(status(RunState::Stopped, Some(reason))),
            ..Outcome::not_begun(0)
        };
        assert!(stopped("signal").ends_group() && stopped("max-time").ends_group());
        assert!(!stopped("stop-file").ends_group());
        assert!(Outcome::not_begun(0).ends_group());
    }

    #[test]
    fn outcomes_come_in_the_order_of_members() {
        let mine = [5, 1, 3].map(|member| Outcome {
            status: Some(status(RunState::Finished, None)),
            ..Outcome::of(member, Ok(()), Path::new("nowhere"))
        });
        let all = gather(&World::single(), &[0], &mine);
        assert_eq!(all.iter().map(|outcome| outcome.member).collect::<Vec<_>>(), [1, 3, 5]);
        assert!(all[0].status.as_ref().unwrap().dt.is_nan());
    }
}
