//! Threads of one rank that work on the same tile: a fixed team, which meets at barriers.

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{JoinHandle, Thread};

/// Looks at a flag before a waiting thread lets others run, and before a member without work goes to sleep.
const LOOKS_BEFORE_YIELDING: usize = 1 << 10;
const YIELDS_BEFORE_SLEEPING: usize = 1 << 7;

/// What the members are to do.
type Job<'a> = dyn Fn(Member<'_>) + Sync + 'a;

/// One thread of a team at work.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    /// From 0.
    pub number: usize,
    /// How many there are.
    pub n: usize,
    place: Place<'a>,
}

/// Where members meet.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// There is nobody to meet.
    Nowhere,
    Barrier(&'a Barrier),
    /// Nobody is met, but it is told.
    Told(&'a dyn Fn()),
}

impl Member<'_> {
    /// The only one.
    pub fn alone() -> Member<'static> {
        Member {
            number: 0,
            n: 1,
            place: Place::Nowhere,
        }
    }

    /// Member `number` of `n` who are not there: where they would meet, `tell` is called. To look at what one of them does.
    pub fn counting(number: usize, n: usize, tell: &dyn Fn()) -> Member<'_> {
        Member {
            number,
            n,
            place: Place::Told(tell),
        }
    }

    /// Waits until every member is here; all of them call it.
    pub fn meet(&self) {
        match self.place {
            Place::Nowhere => {}
            Place::Barrier(barrier) => barrier.wait(),
            Place::Told(tell) => tell(),
        }
    }
}

/// A fixed number of threads; the one that made the team is number 0, and the only one that may speak to other ranks.
///
/// A panic of a member ends the process: nobody could wait for what it holds up.
pub struct Team {
    n: usize,
    shared: Arc<Shared>,
    members: Vec<(Thread, JoinHandle<()>)>,
}

struct Shared {
    job: UnsafeCell<Option<*const Job<'static>>>,
    /// Counts the jobs: a new number is the sign to begin.
    begun: AtomicUsize,
    is_over: AtomicBool,
    barrier: Barrier,
}

// SAFETY: the job is written by the thread that owns the team before the sign to begin, and read by the members after it
// and before the barrier that ends the job; a job is `Sync`, and alive until then.
unsafe impl Send for Shared {}
unsafe impl Sync for Shared {}

/// Where all members meet.
struct Barrier {
    n: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl Barrier {
    fn wait(&self) {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.n {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut looks = 0;
        while self.round.load(Ordering::Acquire) == round {
            pause(&mut looks);
        }
    }
}

/// Passes a moment, and lets other threads run after many.
fn pause(looks: &mut usize) {
    *looks += 1;
    match *looks < LOOKS_BEFORE_YIELDING {
        true => std::hint::spin_loop(),
        false => std::thread::yield_now(),
    }
}

impl Team {
    /// A team of `n` threads, this one among them.
    ///
    /// # Panics
    /// If the system grants no thread.
    pub fn new(n: usize) -> Team {
        let n = n.max(1);
        let shared = Arc::new(Shared {
            job: UnsafeCell::new(None),
            begun: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            barrier: Barrier {
                n,
                arrived: AtomicUsize::new(0),
                round: AtomicUsize::new(0),
            },
        });
        let member = |number: usize| {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("member {number}"));
            let handle = thread.spawn(move || work(&shared, number));
            let handle = handle.unwrap_or_else(|e| panic!("could not start thread {number} of {n}: {e}"));
            (handle.thread().clone(), handle)
        };
        Team {
            n,
            members: (1..n).map(member).collect(),
            shared,
        }
    }

    /// How many threads it has.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Has every member do `job`, and returns when all have.
    pub fn run(&mut self, job: &Job<'_>) {
        if self.n == 1 {
            return job(Member::alone());
        }
        // SAFETY: no member looks at the job before the sign, and all are done with it when this returns.
        unsafe {
            let job = std::mem::transmute::<&Job<'_>, &'static Job<'static>>(job);
            *self.shared.job.get() = Some(job);
        }
        self.shared.begun.fetch_add(1, Ordering::Release);
        self.members.iter().for_each(|(thread, _)| thread.unpark());
        let _guard = Guard;
        job(self.shared.member(0));
        self.shared.barrier.wait();
    }
}

impl Shared {
    fn member(&self, number: usize) -> Member<'_> {
        Member {
            number,
            n: self.barrier.n,
            place: Place::Barrier(&self.barrier),
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.begun.fetch_add(1, Ordering::Release);
        for (thread, handle) in self.members.drain(..) {
            thread.unpark();
            let _ = handle.join();
        }
    }
}

/// Ends the process where a member panics within a job.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("simrun: a thread of a team has panicked");
            std::process::abort();
        }
    }
}

fn work(shared: &Shared, number: usize) {
    let mut seen = 0;
    loop {
        let mut looks = 0;
        while shared.begun.load(Ordering::Acquire) == seen {
            match looks < LOOKS_BEFORE_YIELDING + YIELDS_BEFORE_SLEEPING {
                true => pause(&mut looks),
                false => std::thread::park(),
            }
        }
        seen = seen.wrapping_add(1);
        if shared.is_over.load(Ordering::Acquire) {
            return;
        }
        let _guard = Guard;
        // SAFETY: it was written before the sign, and is alive until the barrier below.
        let job = unsafe { &*(*shared.job.get()).expect("a sign follows a job") };
        job(shared.member(number));
        shared.barrier.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn every_member_does_every_job_once() {
        for n in [1, 2, 3, 5] {
            let mut team = Team::new(n);
            let counts: Vec<AtomicU64> = (0..n).map(|_| AtomicU64::new(0)).collect();
            for round in 1..=200 {
                team.run(&|member| {
                    counts[member.number].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == round));
                if round % 50 == 0 {
                    // Long enough for the members to go to sleep.
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }
        }
    }

    #[test]
    fn nobody_leaves_a_meeting_before_all_have_come() {
        let mut team = Team::new(3);
        let arrived = AtomicU64::new(0);
        team.run(&|member| {
            for round in 1..=500 {
                arrived.fetch_add(1, Ordering::SeqCst);
                member.meet();
                assert!(arrived.load(Ordering::SeqCst) >= 3 * round);
                member.meet();
            }
        });
        assert_eq!(arrived.load(Ordering::SeqCst), 1500);
    }
}
