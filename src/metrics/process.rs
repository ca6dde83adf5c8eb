//! The age of the process.

use std::sync::OnceLock;
use std::time::Instant;

/// The moment at which the process began: that of the first call, which `main` makes before anything else.
pub fn process_start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}
