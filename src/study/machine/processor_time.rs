//! The time that a processor has worked for this thread.

/// Seconds of processor time, of the program and of the system on its behalf, that this thread has taken so far.
pub fn processor_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on all systems that simrun is for, and the structure is writable.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn work_takes_processor_time_and_sleep_does_not() {
        let (start, wall) = (processor_seconds(), Instant::now());
        std::thread::sleep(Duration::from_millis(50));
        assert!(processor_seconds() - start < 0.04);
        while processor_seconds() - start < 0.05 {}
        // Never more than has passed: 1 ms for the resolution of the clocks.
        assert!(wall.elapsed().as_secs_f64() > processor_seconds() - start - 1e-3);
    }
}
