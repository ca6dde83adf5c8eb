//! Where a file comes from: the version of simrun, its commit, the host, the date.

use std::ffi::CStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Version of this simrun.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Commit that this simrun was built from, with "-dirty" if the tree had changes; "unknown" if built without git.
pub const COMMIT: &str = env!("SIMRUN_COMMIT");

/// The name of this host, or "unknown".
pub fn host_name() -> String {
    let mut buffer = [0u8; 256];
    // SAFETY: the buffer is writable for the length given.
    let code = unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len()) };
    match CStr::from_bytes_until_nul(&buffer) {
        Ok(name) if code == 0 => name.to_string_lossy().into_owned(),
        _ => "unknown".to_owned(),
    }
}

/// The present date and time, UTC, as `2024-02-29T23:59:58Z`.
pub fn now_iso() -> String {
    // A clock before 1970 is shown as 1970.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    iso_from_unix(since.as_secs())
}

/// The date and time, UTC, of a number of seconds since 1970.
pub fn iso_from_unix(seconds: u64) -> String {
    let (year, month, day) = civil_from_days((seconds / 86_400) as i64);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: eras of 400 years, years that
/// begin in March, so that the leap day is the last of its year.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    let shifted = days + 719_468;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_the_calendar() {
        // date -u -d @SECONDS +%FT%TZ
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_198, "2024-02-29T23:59:58Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(iso_from_unix(seconds), expected);
        }
    }

    #[test]
    fn days_follow_each_other_through_a_whole_era() {
        let mut previous = civil_from_days(-1);
        assert_eq!(previous, (1969, 12, 31));
        for days in 0..146_097 {
            let (year, month, day) = civil_from_days(days);
            let follows = (year, month, day) == (previous.0, previous.1, previous.2 + 1)
                || (day == 1 && (year, month) == (previous.0, previous.1 + 1))
                || ((month, day) == (1, 1) && year == previous.0 + 1 && previous.1 == 12 && previous.2 == 31);
            assert!(follows, "{previous:?} then {:?}", (year, month, day));
            previous = (year, month, day);
        }
    }

    #[test]
    fn version_commit_and_host_are_not_empty() {
        assert!(!VERSION.is_empty() && !COMMIT.is_empty() && !host_name().is_empty());
    }
}
