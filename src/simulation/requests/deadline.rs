//! The moment at which a run has to be over.

use super::StopReason;

/// The part of the time for a run that is kept for its end, besides the checkpoint: for outputs that are under way, and the
/// end of MPI.
const MARGIN: f64 = 0.02;

/// The most that is kept, s.
const LONGEST_MARGIN: f64 = 30.0;

/// The end of the time that a run has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Deadline {
    /// In seconds since the process started.
    pub at: f64,
    pub reason: StopReason,
    /// Kept for the end of the run, s.
    margin: f64,
}

impl Deadline {
    /// What comes first: the `max_time` that the user gives, in seconds since the process started, or what the scheduler
    /// says. `now` is in seconds since the process started, and `unix_now` the same moment as schedulers count.
    ///
    /// Of Slurm's jobs the end is known (`SLURM_JOB_END_TIME`), of PBS's only the length (`PBS_WALLTIME`): it is counted
    /// from the start of the process, so a job that does something else before has to say less. What is not a number
    /// is no deadline.
    pub fn earliest(
        max_time: Option<f64>,
        variable: impl Fn(&str) -> Option<String>,
        now: f64,
        unix_now: f64,
    ) -> Option<Deadline> {
        let number = |name| -> Option<f64> { variable(name)?.trim().parse().ok() };
        let slurm = number("SLURM_JOB_END_TIME").map(|end| now + (end - unix_now));
        let all = [
            (max_time, StopReason::MaxTime),
            (slurm, StopReason::Deadline),
            (number("PBS_WALLTIME"), StopReason::Deadline),
        ];
        let known = all.into_iter().filter_map(|(at, reason)| Some((at?, reason)));
        let (at, reason) = known
            .filter(|(at, _)| at.is_finite())
            .min_by(|(a, _), (b, _)| a.total_cmp(b))?;
        let margin = (MARGIN * (at - now)).clamp(0.0, LONGEST_MARGIN);
        Some(Deadline { at, reason, margin })
    }

    /// What there is to say where a queue runs this job, and nothing says when it ends.
    pub fn remark(deadline: Option<&Deadline>, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
        const QUEUES: [(&str, &str, &str); 2] = [
            (
                "Slurm",
                "SLURM_JOB_ID",
                ", or SLURM_JOB_END_TIME, which Slurm sets since 23.02, as scripts/templates/slurm.sh does",
            ),
            ("PBS", "PBS_JOBID", ""),
        ];
        if deadline.is_some() {
            return None;
        }
        let (queue, _, other) = QUEUES.into_iter().find(|(_, job, _)| variable(job).is_some())?;
        Some(format!(
            "nothing says when this job of {queue} ends, so the run will not stop in time for it: give --max-time{other}"
        ))
    }

    /// Whether a run has to stop at `now` to be over in time, if a checkpoint takes `reserve` seconds and the next chance to
    /// stop comes `until_next` seconds later.
    pub fn is_near(&self, now: f64, reserve: f64, until_next: f64) -> bool {
        now + until_next + reserve + self.margin >= self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earliest(max_time: Option<f64>, pairs: &[(&str, &str)]) -> Option<(f64, StopReason)> {
        let variable = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
        Deadline::earliest(max_time, variable, 5.0, 1_700_000_000.0).map(|deadline| (deadline.at, deadline.reason))
    }

    #[test]
    fn what_comes_first_counts() {
        let slurm = ("SLURM_JOB_END_TIME", "1700000600");
        assert_eq!(earliest(None, &[]), None);
        assert_eq!(earliest(Some(60.0), &[]), Some((60.0, StopReason::MaxTime)));
        assert_eq!(earliest(None, &[slurm]), Some((605.0, StopReason::Deadline)));
        assert_eq!(earliest(Some(60.0), &[slurm]), Some((60.0, StopReason::MaxTime)));
        assert_eq!(earliest(Some(3600.0), &[slurm]), Some((605.0, StopReason::Deadline)));
        assert_eq!(
            earliest(None, &[slurm, ("PBS_WALLTIME", "300")]),
            Some((300.0, StopReason::Deadline))
        );
    }

    #[test]
    fn what_is_not_a_number_is_no_deadline() {
        assert_eq!(earliest(None, &[("PBS_WALLTIME", "01:00:00")]), None);
        assert_eq!(earliest(None, &[("SLURM_JOB_END_TIME", "inf")]), None);
    }

    #[test]
    fn a_job_whose_end_nobody_tells_is_remarked_on() {
        let remark = |max_time: Option<f64>, pairs: &[(&str, &str)]| {
            let variable = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
            Deadline::remark(
                Deadline::earliest(max_time, variable, 5.0, 1_700_000_000.0).as_ref(),
                variable,
            )
        };
        let (job, end) = (("SLURM_JOB_ID", "7"), ("SLURM_JOB_END_TIME", "1700000600"));
        assert!(remark(None, &[job]).unwrap().contains("SLURM_JOB_END_TIME"));
        assert!(
            remark(None, &[("PBS_JOBID", "7.host")])
                .unwrap()
                .contains("of PBS ends")
        );
        assert_eq!(remark(None, &[]), None);
        assert_eq!(remark(None, &[job, end]), None);
        assert_eq!(remark(Some(60.0), &[job]), None);
    }

    #[test]
    fn the_checkpoint_the_next_look_and_the_end_fit_before_it() {
        let deadline = Deadline::earliest(Some(105.0), |_| None, 5.0, 0.0).unwrap();
        // 2 % of 100 s, 10 s for the checkpoint, 1 s to the next look.
        assert!(!deadline.is_near(91.9, 10.0, 1.0));
        assert!(deadline.is_near(92.1, 10.0, 1.0));
        let day = Deadline::earliest(Some(86_400.0), |_| None, 0.0, 0.0).unwrap();
        assert!(!day.is_near(86_369.0, 0.0, 0.0));
        assert!(day.is_near(86_371.0, 0.0, 0.0));
        let past = Deadline::earliest(Some(1.0), |_| None, 5.0, 0.0).unwrap();
        assert!(past.is_near(5.0, 0.0, 0.0));
    }
}
