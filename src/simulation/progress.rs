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
    /// In which `time` and `dt` are.
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
            simulated(self.time, self.units),
            simulated(self.dt, self.units),
            rate(self.cells_per_second),
            100.0 * self.wait_share,
            wall(self.left)
        )
    }
}

/// Simulated time for people: in SI units, seconds in a unit that suits them.
pub fn simulated(value: f64, units: Units) -> String {
    match units {
        Units::Si => seconds(value),
        Units::Natural if value == 0.0 || (1e-4..1e7).contains(&value.abs()) => plain(value),
        Units::Natural => format!("{value:.3e}"),
    }
}

/// A number with four significant digits, or all before the point, and no trailing zeros.
fn plain(value: f64) -> String {
    let before_point = value.abs().max(f64::MIN_POSITIVE).log10().floor() as i32 + 1;
    let digits = (4 - before_point).clamp(0, 7) as usize;
    without_zeros(format!("{value:.digits$}"))
}

fn seconds(value: f64) -> String {
    let size = value.abs();
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
    without_zeros(format!("{value:.digits$}"))
}

/// A decimal number without zeros at its end.
fn without_zeros(text: String) -> String {
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
        assert_eq!(seconds(7200.0), "2 h");
        assert_eq!(seconds(90.0), "90 s");
        assert_eq!(seconds(0.0), "0 s");
        assert_eq!(seconds(0.0125), "12.5 ms");
        assert_eq!(seconds(300.0), "5 min");
        assert_eq!(seconds(3.2e-9), "3.2 ns");
        assert_eq!(seconds(3.2e-17), "3.200e-17 s");
        assert_eq!(simulated(7200.0, Units::Si), "2 h");
        assert_eq!(wall(75.0), "1:15 min");
        assert_eq!(wall(3725.0), "1:02 h");
        assert_eq!(wall(f64::INFINITY), "unknown");
        assert_eq!(rate(1.234e9), "1.23 Gcells/s");
    }

    #[test]
    fn natural_times_are_plain_numbers() {
        let at = [7200.0, 0.0125, 0.0, -1.5, 123456.7, 3.2e-9, -2.5e8].map(|value| simulated(value, Units::Natural));
        assert_eq!(at, ["7200", "0.0125", "0", "-1.5", "123457", "3.200e-9", "-2.500e8"]);
    }
}
