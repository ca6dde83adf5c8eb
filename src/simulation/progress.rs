//! Tells how the run is getting on: a bar at a terminal, lines on a time schedule elsewhere.

use super::terminal::{is_terminal, say};
use crate::config::Units;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ProgressStyle {
    /// A bar at a terminal, lines elsewhere.
    #[default]
    Auto,
    Bar,
    /// Lines on a time schedule.
    Plain,
    None,
}

/// How the run stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub step: u64,
    /// Steps until the end, as far as it can be told.
    pub steps_total: u64,
    pub time: f64,
    pub dt: f64,
    /// What both are measured in.
    pub units: Units,
    /// Cell updates per second of wall time since the last standing.
    pub cells_per_second: f64,
    /// Share of the time since the start that this rank waited for halos.
    pub wait_share: f64,
    /// Wall time left, s.
    pub left: f64,
}

/// Wall time between two lines: short at first, so that a wrong run is seen early.
const FIRST_LINE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Wall time between two redraws of the bar and two updates of status.json.
const REFRESH: Duration = Duration::from_millis(500);

/// Shows progress on rank 0.
pub struct Progress {
    bar: Option<ProgressBar>,
    is_plain: bool,
    pause: Duration,
    last_line: Instant,
    last_refresh: Instant,
}

impl Progress {
    pub fn new(style: ProgressStyle) -> Progress {
        let style = match style {
            ProgressStyle::Auto if is_terminal() => ProgressStyle::Bar,
            ProgressStyle::Auto => ProgressStyle::Plain,
            given => given,
        };
        let bar = (style == ProgressStyle::Bar).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stdout());
            let template = "{bar:32} {percent:>3} %  step {pos}/{len}  {msg}";
            bar.set_style(
                BarStyle::with_template(template)
                    .expect("the template is fixed")
                    .progress_chars("━╸ "),
            );
            bar
        });
        let now = Instant::now();
        let is_plain = style == ProgressStyle::Plain;
        Progress {
            bar,
            is_plain,
            pause: FIRST_LINE,
            last_line: now,
            last_refresh: now,
        }
    }

    /// Whether enough time has passed to show something.
    pub fn is_due(&self) -> bool {
        self.last_refresh.elapsed() >= REFRESH
    }

    /// Shows the standing; returns the line for the log where one is due.
    pub fn show(&mut self, standing: &Standing) -> Option<String> {
        self.last_refresh = Instant::now();
        let details = standing.details();
        if let Some(bar) = &self.bar {
            bar.set_length(standing.steps_total);
            bar.set_position(standing.step);
            bar.set_message(details.clone());
        }
        if self.last_line.elapsed() < self.pause {
            return None;
        }
        self.last_line = Instant::now();
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        let percent = 100.0 * standing.step as f64 / standing.steps_total.max(1) as f64;
        let line = format!(
            "step {}/{} ({percent:.0} %)  {details}",
            standing.step, standing.steps_total
        );
        if self.is_plain {
            say(&line);
        }
        Some(line)
    }

    /// Prints a line without disturbing the bar.
    pub fn print(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Standing {
    fn details(&self) -> String {
        format!(
            "t = {}  dt = {}  {}  waiting {:.1} %  left {}",
            time_text(self.time, self.units),
            time_text(self.dt, self.units),
            rate(self.cells_per_second),
            100.0 * self.wait_share,
            wall(self.left)
        )
    }
}

/// Simulated time: seconds in a unit that suits them, or a number where units are natural.
pub fn time_text(value: f64, units: Units) -> String {
    let size = value.abs();
    if units == Units::Natural {
        return match size >= 0.1 || size == 0.0 {
            true => short(value),
            false => format!("{value:.3e}"),
        };
    }
    let (factor, unit) = match () {
        _ if size >= 2.0 * 86400.0 => (86400.0, "d"),
        _ if size >= 2.0 * 3600.0 => (3600.0, "h"),
        _ if size >= 120.0 => (60.0, "min"),
        _ if size >= 0.1 || size == 0.0 => (1.0, "s"),
        _ if size >= 1e-4 => (1e-3, "ms"),
        _ if size >= 1e-7 => (1e-6, "us"),
        _ if size >= 1e-10 => (1e-9, "ns"),
        _ if size >= 1e-13 => (1e-12, "ps"),
        _ if size >= 1e-16 => (1e-15, "fs"),
        _ => return format!("{value:.3e} s"),
    };
    format!("{} {unit}", short(value / factor))
}

/// A number with at most four significant digits and no trailing zeros.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 1e7 => return format!("{value:.3e}"),
        v if v >= 1000.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    }
}

/// Wall time for people.
pub fn wall(value: f64) -> String {
    if !value.is_finite() {
        return "unknown".to_string();
    }
    let whole = value.round() as u64;
    match whole {
        0..60 => format!("{value:.1} s"),
        60..3600 => format!("{}:{:02} min", whole / 60, whole % 60),
        _ => format!("{}:{:02} h", whole / 3600, whole / 60 % 60),
    }
}

/// Cell updates per second for people.
pub fn rate(value: f64) -> String {
    if value >= 1e9 {
        format!("{:.2} Gcells/s", value / 1e9)
    } else {
        format!("{:.1} Mcells/s", value / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_a_unit_that_suits_them() {
        for (value, text) in [
            (7200.0, "2 h"),
            (90.0, "90 s"),
            (0.0, "0 s"),
            (0.0125, "12.5 ms"),
            (300.0, "5 min"),
            (3.2e-9, "3.2 ns"),
            (45e-15, "45 fs"),
            (4.24e-18, "4.240e-18 s"),
        ] {
            assert_eq!(time_text(value, Units::Si), text);
        }
        assert_eq!(time_text(7200.0, Units::Natural), "7200");
        assert_eq!(time_text(0.01273, Units::Natural), "1.273e-2");
        assert_eq!(wall(75.0), "1:15 min");
        assert_eq!(wall(3725.0), "1:02 h");
        assert_eq!(wall(f64::INFINITY), "unknown");
        assert_eq!(rate(1.234e9), "1.23 Gcells/s");
    }
}
