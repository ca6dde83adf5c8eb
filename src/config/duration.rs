//! Durations as people write them.

const DAY: f64 = 86400.0;

/// Units of time and how many seconds they are; those below a second as a power of ten.
const LONG: [(&str, f64); 4] = [("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", DAY)];
const SHORT: [(&str, &str); 5] = [
    ("ms", "e-3"),
    ("us", "e-6"),
    ("ns", "e-9"),
    ("ps", "e-12"),
    ("fs", "e-15"),
];

/// How to write a duration, for messages.
pub(super) const FORMS: &str = "write seconds as a number, or for example \"90 s\", \"5 min\", \"2 h\", \"1 d\", \"3 ms\", \
                                \"1.5 us\", \"10 ns\", \"2 ps\", \"40 fs\" or \"1:30:00\" (hours:minutes:seconds)";

/// The seconds that `text` means, without a plain number of them: a number needs its unit.
pub fn seconds_from_text(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.contains(':') {
        return seconds_from_clock(text);
    }
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (unit, number) = (&text[number.len()..], number.trim_end());
    let value = match SHORT.iter().find(|(name, _)| *name == unit) {
        // The exponent is appended to the digits, so that "3.1 ms" has the same bits as 3.1e-3.
        Some((_, power)) if !number.contains(['e', 'E']) => format!("{number}{power}").parse().ok()?,
        Some((_, power)) => number.parse::<f64>().ok()? * format!("1{power}").parse::<f64>().ok()?,
        None => number.parse::<f64>().ok()? * LONG.iter().find(|(name, _)| *name == unit)?.1,
    };
    Some(value).filter(|value: &f64| value.is_finite())
}

/// The seconds of wall time that `text` means, above zero: a plain number of seconds, or all that
/// [`seconds_from_text`] understands, or `days-hours:minutes:seconds` as job schedulers write it.
pub fn wall_seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let seconds = match text.split_once('-') {
        Some((days, clock)) if clock.contains(':') => seconds_from_days(days, clock),
        _ => text.parse().ok().or_else(|| seconds_from_text(text)),
    };
    seconds.filter(|seconds| *seconds > 0.0 && seconds.is_finite())
}

/// `days` and, after the dash, a clock of less than a day.
fn seconds_from_days(days: &str, clock: &str) -> Option<f64> {
    let days: u32 = days.parse().ok()?;
    let seconds = seconds_from_clock(clock).filter(|seconds| *seconds < DAY)?;
    Some(f64::from(days) * DAY + seconds)
}

/// `hours:minutes:seconds`.
fn seconds_from_clock(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else {
        return None;
    };
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds: f64 = seconds.parse().ok()?;
    let is_clock = minutes < 60 && (0.0..60.0).contains(&seconds);
    is_clock.then(|| f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_its_seconds() {
        for (text, seconds) in [
            ("2 h", 7200.0),
            ("90 s", 90.0),
            ("5 min", 300.0),
            ("1 d", 86400.0),
            ("3.1 ms", 3.1e-3),
            ("1.5us", 1.5e-6),
            ("10 ns", 1e-8),
            ("2.5 ps", 2.5e-12),
            ("45 fs", 45e-15),
            ("1e3 ms", 1.0),
            ("0.5h", 1800.0),
            ("1:30:00", 5400.0),
            ("100:00:00.5", 360000.5),
        ] {
            assert_eq!(seconds_from_text(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in [
            "", "h", "2", "2 weeks", "1:30", "1:60:00", "1:00:60", "two h", "inf s", "1 2 s", "1e400 s", "ä s", "2 hü",
            "5 −min",
        ] {
            assert_eq!(seconds_from_text(text), None, "{text}");
        }
    }

    #[test]
    fn wall_times_are_numbers_durations_and_the_clocks_of_schedulers() {
        for (text, seconds) in [
            ("90", 90.0),
            ("1.5", 1.5),
            (" 1e-3 ", 1e-3),
            ("30 min", 1800.0),
            ("1:30:00", 5400.0),
            ("1-12:00:00", 129600.0),
            ("0-00:00:30", 30.0),
            ("30-23:59:59", 2678399.0),
        ] {
            assert_eq!(wall_seconds(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_wall_time_is_refused() {
        for text in [
            "",
            "0",
            "-90",
            "-5 min",
            "0 s",
            "0:00:00",
            "inf",
            "nan",
            "1:30",
            "1-12",
            "1-12:00",
            "1-24:00:00",
            "-1-12:00:00",
            "1.5-00:00:00",
            "1-1-12:00:00",
            "soon",
        ] {
            assert_eq!(wall_seconds(text), None, "{text}");
        }
    }
}
