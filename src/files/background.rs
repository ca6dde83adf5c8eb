//! A thread that does what it is told, in order, while the run goes on: the one that writes files.
//!
//! What it is told comes with the memory that it holds, which is bounded: whoever has more to say waits until there is room.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Errand<S> = Box<dyn FnOnce(&mut S) + Send>;

/// A thread with a state of its own, on which errands work one after the other.
///
/// Dropping it waits for all errands.
pub struct Background<S> {
    shared: Arc<Shared<S>>,
    thread: Option<JoinHandle<()>>,
    capacity: usize,
}

struct Shared<S> {
    queue: Mutex<Queue<S>>,
    /// Something has been queued, or nothing will be any more.
    queued: Condvar,
    /// An errand has been done.
    done: Condvar,
}

struct Queue<S> {
    errands: VecDeque<(usize, Errand<S>)>,
    /// Bytes of those that are queued or under way.
    bytes: usize,
    /// Errands that are queued or under way.
    open: usize,
    /// Whether queued errands wait.
    is_held: bool,
    is_closed: bool,
    /// Whether an errand panicked.
    is_broken: bool,
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, Queue<S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Send + 'static> Background<S> {
    /// Starts the thread. Errands that have not been done may hold `capacity` bytes together.
    pub fn start(name: &str, capacity: usize, state: S) -> std::io::Result<Background<S>> {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue {
                errands: VecDeque::new(),
                bytes: 0,
                open: 0,
                is_held: false,
                is_closed: false,
                is_broken: false,
            }),
            queued: Condvar::new(),
            done: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name(name.to_owned());
        Ok(Background {
            thread: Some(thread.spawn(move || work(&of_thread, state))?),
            shared,
            capacity,
        })
    }

    /// Queues an errand that holds `bytes`, as soon as there is room; one that is larger than all room, as soon as it would
    /// be alone. Returns how long that took.
    ///
    /// # Panics
    /// If an earlier errand did.
    pub fn submit(&self, bytes: usize, errand: impl FnOnce(&mut S) + Send + 'static) -> Duration {
        let start = Instant::now();
        let mut queue = self.shared.lock();
        let mut waited = Duration::ZERO;
        while !queue.is_broken && bytes > 0 && queue.bytes > 0 && queue.bytes + bytes > self.capacity {
            self.release(&mut queue);
            queue = self.shared.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
            waited = start.elapsed();
        }
        assert!(!queue.is_broken, "the thread that writes files has failed");
        queue.bytes += bytes;
        queue.open += 1;
        queue.errands.push_back((bytes, Box::new(errand)));
        drop(queue);
        self.shared.queued.notify_one();
        waited
    }

    /// Lets errands wait until [`Background::go_on`], or until there is no room: the thread takes processor time that whoever
    /// has much to say may need first.
    pub fn hold(&self) {
        self.shared.lock().is_held = true;
    }

    /// Errands are done again.
    pub fn go_on(&self) {
        self.release(&mut self.shared.lock());
    }

    fn release(&self, queue: &mut Queue<S>) {
        if std::mem::take(&mut queue.is_held) {
            self.shared.queued.notify_one();
        }
    }

    /// Waits until all errands have been done, and returns how long that took.
    ///
    /// # Panics
    /// If one of them did.
    pub fn settle(&self) -> Duration {
        let start = Instant::now();
        let mut queue = self.shared.lock();
        self.release(&mut queue);
        while !queue.is_broken && queue.open > 0 {
            queue = self.shared.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        assert!(!queue.is_broken, "the thread that writes files has failed");
        start.elapsed()
    }
}

impl<S> Drop for Background<S> {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.queued.notify_one();
        let ended = self.thread.take().map(JoinHandle::join);
        if let Some(Err(panic)) = ended
            && !std::thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

/// Marks the queue as broken where an errand panics, so that nobody waits for it.
struct Alarm<'a, S>(&'a Shared<S>);

impl<S> Drop for Alarm<'_, S> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().is_broken = true;
            self.0.done.notify_all();
        }
    }
}

fn work<S>(shared: &Shared<S>, mut state: S) {
    let _alarm = Alarm(shared);
    loop {
        let mut queue = shared.lock();
        while (queue.errands.is_empty() || queue.is_held) && !queue.is_closed {
            queue = shared.queued.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let Some((bytes, errand)) = queue.errands.pop_front() else {
            return;
        };
        drop(queue);
        errand(&mut state);
        let mut queue = shared.lock();
        queue.bytes -= bytes;
        queue.open -= 1;
        drop(queue);
        shared.done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn errands_are_done_in_order_and_all_of_them_before_the_end() {
        let (sender, receiver) = channel();
        let background = Background::start("test", 8, Vec::new()).unwrap();
        for n in 0..100 {
            let sender = sender.clone();
            background.submit(1, move |seen: &mut Vec<usize>| {
                seen.push(n);
                sender.send(seen.len()).unwrap();
            });
        }
        drop(background);
        drop(sender);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());
    }

    #[test]
    fn whoever_has_more_than_there_is_room_for_waits() {
        let (open, gate) = channel::<()>();
        let background = Background::start("test", 10, ()).unwrap();
        background.submit(6, move |()| gate.recv().unwrap());
        assert_eq!(background.submit(4, |()| {}), Duration::ZERO);
        assert_eq!(background.submit(0, |()| {}), Duration::ZERO);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| background.submit(5, |()| {}));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!waiting.is_finished());
            open.send(()).unwrap();
            assert!(waiting.join().unwrap() >= Duration::from_millis(10));
        });
        // More than all room is taken where nothing else is.
        background.settle();
        background.submit(1000, |()| {});
        background.settle();
    }

    #[test]
    fn errands_that_are_held_wait_as_long_as_there_is_room() {
        let (sender, receiver) = channel();
        let background = Background::start("test", 10, ()).unwrap();
        let errand = |n: usize| {
            let sender = sender.clone();
            move |(): &mut ()| sender.send(n).unwrap()
        };
        background.hold();
        background.submit(6, errand(1));
        background.submit(4, errand(2));
        std::thread::sleep(Duration::from_millis(20));
        assert!(receiver.try_recv().is_err());
        // No room: they are done, and so are all that follow.
        background.submit(1, errand(3));
        background.settle();
        background.hold();
        background.submit(1, errand(4));
        background.go_on();
        background.settle();
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn nobody_waits_for_a_thread_that_has_failed() {
        let background = Background::start("test", 10, ()).unwrap();
        background.submit(1, |()| panic!("on purpose"));
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| background.settle()));
        assert!(waited.is_err());
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(background)));
        assert!(dropped.is_err());
    }
}
