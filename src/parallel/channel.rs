//! Messages from one process to another, through memory that both have mapped.
//!
//! A channel has two buffers, which take turns, and two counters: of the messages that are in the buffers, and of those that
//! have been read. A message may be written while the one before it waits to be read, so that neighbours that send to each
//! other in turn never wait for a buffer. Everything that an end has to know is in the channel: several that take turns may
//! each have an end of it.

use super::segment::Segment;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes between things that different processes write: a pair of cache lines, since processors fetch them in pairs.
pub(super) const LINE: usize = 128;

/// Buffers that take turns.
pub(super) const N_BUFFERS: u64 = 2;

/// Looks at a counter before the processor is offered to others, which may be many on few: a few microseconds.
const LOOKS: usize = 100;

/// The place of a channel in a segment.
#[derive(Clone, Debug)]
struct Channel<T> {
    segment: Arc<Segment>,
    at: usize,
    /// Numbers in a message at most.
    n: usize,
    numbers: PhantomData<fn() -> T>,
}

/// An end of a channel that writes.
#[derive(Debug)]
pub(super) struct Outbox<T>(Channel<T>);

/// An end of a channel that reads.
#[derive(Debug)]
pub(super) struct Inbox<T>(Channel<T>);

/// Bytes that a channel for messages of up to `n` numbers of `size` bytes takes, a multiple of [`LINE`].
pub(super) fn channel_bytes(n: usize, size: usize) -> usize {
    2 * LINE + N_BUFFERS as usize * buffer_bytes(n, size)
}

fn buffer_bytes(n: usize, size: usize) -> usize {
    (n * size).next_multiple_of(LINE)
}

impl<T> Channel<T> {
    /// Messages that were sent since the beginning: written by the sender alone, after their numbers.
    fn sent(&self) -> &AtomicU64 {
        self.segment.word(self.at)
    }

    /// Messages that were read: written by the receiver alone, when it no longer looks at their numbers.
    fn taken(&self) -> &AtomicU64 {
        self.segment.word(self.at + LINE)
    }

    /// The buffer of message number `message`.
    fn buffer(&self, message: u64) -> *mut T {
        let bytes = buffer_bytes(self.n, size_of::<T>());
        let at = self.at + 2 * LINE + (message % N_BUFFERS) as usize * bytes;
        self.segment.place(at, bytes).cast()
    }
}

impl<T: Copy> Outbox<T> {
    /// An end that sends through the channel at byte `at`, a multiple of [`LINE`], for messages of up to `n` numbers.
    ///
    /// # Safety
    /// The segment was zero there when the channel was first used, and holds nothing else. One thread of one process sends
    /// through the channel, one of one process receives, both with the same `n`, and numbers for which any bits will do. Between
    /// `buffer` and `send`, and as long as a message is looked at, no other end on that side is used.
    pub unsafe fn new(segment: Arc<Segment>, at: usize, n: usize) -> Outbox<T> {
        let numbers = PhantomData;
        Outbox(Channel {
            segment,
            at,
            n,
            numbers,
        })
    }

    /// Messages that were sent so far, which this side alone counts.
    fn n_sent(&self) -> u64 {
        self.0.sent().load(Ordering::Relaxed)
    }

    /// Whether the next message may be written: the one before the last has been read.
    pub fn has_room(&self) -> bool {
        self.n_sent() - self.0.taken().load(Ordering::Acquire) < N_BUFFERS
    }

    /// The `n` numbers of the next message, to write.
    pub fn buffer(&mut self, n: usize) -> &mut [T] {
        assert!(self.has_room(), "a buffer is its reader's until it has been read");
        assert!(n <= self.0.n, "a message of {n} numbers in a channel for {}", self.0.n);
        // SAFETY: long enough and aligned, as the channel is laid out. The receiver has taken the last message of this
        // buffer, as just seen, and looks at it again when the next has been sent, which takes the borrow of `self`.
        unsafe { std::slice::from_raw_parts_mut(self.0.buffer(self.n_sent()), n) }
    }

    /// Sends what is in the buffer.
    pub fn send(&mut self) {
        self.0.sent().store(self.n_sent() + 1, Ordering::Release);
    }
}

impl<T: Copy> Inbox<T> {
    /// An end that receives through the channel at byte `at`, for messages of up to `n` numbers.
    ///
    /// # Safety
    /// As for [`Outbox::new`].
    pub unsafe fn new(segment: Arc<Segment>, at: usize, n: usize) -> Inbox<T> {
        let numbers = PhantomData;
        Inbox(Channel {
            segment,
            at,
            n,
            numbers,
        })
    }

    /// Messages that were taken so far, which this side alone counts.
    fn n_taken(&self) -> u64 {
        self.0.taken().load(Ordering::Relaxed)
    }

    /// Whether the next message is here.
    pub fn has_arrived(&self) -> bool {
        self.0.sent().load(Ordering::Acquire) > self.n_taken()
    }

    /// The next message, of `n` numbers, where it has arrived.
    pub fn message(&self, n: usize) -> &[T] {
        assert!(self.has_arrived(), "a message is its sender's until it is sent");
        assert!(n <= self.0.n, "a message of {n} numbers in a channel for {}", self.0.n);
        // SAFETY: long enough and aligned, as the channel is laid out. The sender does not write to this buffer before
        // the message is taken, which takes `&mut self`.
        unsafe { std::slice::from_raw_parts(self.0.buffer(self.n_taken()), n) }
    }

    /// Gives the buffer of the message back.
    pub fn take(&mut self) {
        self.0.taken().store(self.n_taken() + 1, Ordering::Release);
    }
}

/// Waits until `is_done`, and calls `meanwhile` again and again once that takes longer. It gives no sign of life: a wait
/// without end is what the watchdog is there for.
pub(super) fn wait_until(is_done: impl Fn() -> bool, meanwhile: impl Fn()) {
    loop {
        for _ in 0..LOOKS {
            if is_done() {
                return;
            }
            std::hint::spin_loop();
        }
        meanwhile();
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends of a channel, each with a mapping of its own, somewhere in a segment.
    fn channel(n: usize) -> (Outbox<f64>, Inbox<f64>) {
        let at = 3 * LINE;
        let (own, name) = Segment::create(at + channel_bytes(n, 8)).unwrap();
        let other = Segment::open(name.text()).unwrap();
        // SAFETY: a new segment, with this channel alone.
        unsafe { (Outbox::new(Arc::new(own), at, n), Inbox::new(Arc::new(other), at, n)) }
    }

    #[test]
    fn two_messages_find_room_and_a_third_when_one_was_taken() {
        let (mut outbox, mut inbox) = channel(5);
        assert!(!inbox.has_arrived());
        for message in 0..2 {
            assert!(outbox.has_room());
            outbox.buffer(5).fill(f64::from(message));
            outbox.send();
        }
        assert!(!outbox.has_room());
        assert_eq!(inbox.message(5), [0.0; 5]);
        inbox.take();
        assert!(outbox.has_room());
        outbox.buffer(3).fill(2.0);
        assert_eq!(inbox.message(5), [1.0; 5], "what is written is not what is read");
        outbox.send();
        inbox.take();
        assert_eq!(inbox.message(3), [2.0; 3]);
        inbox.take();
        assert!(!inbox.has_arrived());
    }

    #[test]
    #[should_panic(expected = "its reader's")]
    fn a_buffer_that_was_not_read_is_not_written() {
        let (mut outbox, _inbox) = channel(1);
        (0..2).for_each(|_| outbox.send());
        outbox.buffer(1);
    }

    #[test]
    #[should_panic(expected = "in a channel for 1")]
    fn a_message_has_to_fit() {
        channel(1).0.buffer(2);
    }

    #[test]
    #[should_panic(expected = "its sender's")]
    fn a_message_that_was_not_sent_is_not_read() {
        channel(1).1.message(1);
    }

    /// Two that send to each other, as tiles do, and a third that is only sent to: every message comes once, whole, in order,
    /// whoever is slow.
    #[test]
    fn messages_come_whole_and_in_order() {
        const MESSAGES: u64 = 5000;
        let n = 777;
        let (mut to_b, mut from_a) = channel(n);
        let (mut to_a, mut from_b) = channel(n);
        let (mut to_c, mut from_a_to_c) = channel(n);
        let value = |message: u64, place: usize| (message * 1000 + place as u64) as f64;
        let write = |outbox: &mut Outbox<f64>, message: u64| {
            wait_until(|| outbox.has_room(), || {});
            for (place, number) in outbox.buffer(n).iter_mut().enumerate() {
                *number = value(message, place);
            }
            outbox.send();
        };
        let read = |inbox: &mut Inbox<f64>, message: u64| {
            wait_until(|| inbox.has_arrived(), || {});
            let all = inbox.message(n).iter().enumerate();
            let n_right = all.filter(|&(place, &number)| number == value(message, place)).count();
            assert_eq!(n_right, n, "message {message}");
            inbox.take();
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for message in 0..MESSAGES {
                    write(&mut to_b, message);
                    write(&mut to_c, message);
                    read(&mut from_b, message);
                }
            });
            scope.spawn(|| {
                for message in 0..MESSAGES {
                    write(&mut to_a, message);
                    read(&mut from_a, message);
                    if message % 64 == 0 {
                        std::thread::yield_now();
                    }
                }
            });
            scope.spawn(|| (0..MESSAGES).for_each(|message| read(&mut from_a_to_c, message)));
        });
        assert!(to_b.has_room() && !from_a.has_arrived());
    }
}
