//! What the input captured, on its way from the audio thread into a recording.

use ndarray::Array2;
use rtrb::{Consumer, Producer, RingBuffer};

use super::sample::Wire;
use super::signals::Signals;
use crate::model::SampleFormat;

/// Time that the ring between the threads can hold, in seconds: far longer than the measuring
/// thread is ever kept from fetching.
const RING_S: f64 = 8.0;

/// Blocks that the ring can hold at least.
const RING_BLOCKS: usize = 8;

/// The audio thread's end: puts whole blocks into the ring.
#[derive(Debug)]
pub(super) struct Catcher<T> {
    ring: Producer<T>,
    channels: usize,
}

/// The measuring thread's end.
#[derive(Debug)]
pub(super) struct Fetcher<T> {
    ring: Consumer<T>,
}

/// Both ends of a ring for frames of so many channels that come in blocks of so many frames.
pub(super) fn ring<T: Wire>(
    channels: usize,
    rate_hz: f64,
    block_frames: usize,
) -> (Catcher<T>, Fetcher<T>) {
    let frames = ((RING_S * rate_hz).ceil() as usize).max(RING_BLOCKS * block_frames);
    let (producer, consumer) = RingBuffer::new(frames * channels);
    (Catcher { ring: producer, channels }, Fetcher { ring: consumer })
}

impl<T: Wire> Catcher<T> {
    /// Keeps a block of interleaved frames, all or nothing, and says so.
    pub(super) fn catch(&mut self, block: &[T], signals: &Signals) {
        let frames = (block.len() / self.channels) as u64;
        if self.ring.push_entire_slice(block).is_err() {
            signals.note_lost(frames);
        }
        // Afterwards: who sees the count finds the frames in the ring.
        signals.note_captured(frames);
    }
}

/// A source of captured frames, whatever the device's sample type.
pub(super) trait Fetch {
    /// How a recording names the sample type.
    fn format(&self) -> SampleFormat;

    /// Moves everything that waits into the assembly.
    fn fetch(&mut self, assembly: &mut Assembly);
}

impl<T: Wire> Fetch for Fetcher<T> {
    fn format(&self) -> SampleFormat {
        T::STORED
    }

    fn fetch(&mut self, assembly: &mut Assembly) {
        let waiting = self.ring.slots();
        // So many slots are there: only this end takes from them.
        let Ok(chunk) = self.ring.read_chunk(waiting) else { return };
        let (first, second) = chunk.as_slices();
        for &sample in first.iter().chain(second) {
            assembly.push(sample.to_full_scale());
        }
        chunk.commit_all();
    }
}

/// Frames being put together. Of the channels that the device gives, the first few are kept.
#[derive(Debug)]
pub(super) struct Assembly {
    channels: Vec<Vec<f64>>,
    /// Channels of the device.
    width: usize,
    /// The channel whose sample comes next.
    next: usize,
    /// Frames in which the device gave something that is no number.
    broken: u64,
    /// Whether the frame being read is among them.
    frame_is_broken: bool,
    /// Frames that were given out by [`Self::fresh`].
    given: usize,
}

impl Assembly {
    /// An assembly that keeps `kept` of a device's `width` channels, with room for so many frames.
    pub(super) fn new(kept: usize, width: usize, frames: usize) -> Self {
        let channels = (0..kept.min(width)).map(|_| Vec::with_capacity(frames)).collect();
        Self { channels, width, next: 0, broken: 0, frame_is_broken: false, given: 0 }
    }

    /// Frames in which the device gave something that is no number; silence stands there.
    pub(super) fn broken_frames(&self) -> u64 {
        self.broken
    }

    /// The frames that came since the last call, by channel; `None` if there are none.
    pub(super) fn fresh(&mut self) -> Option<Vec<&[f64]>> {
        // Whole frames only: the last channel is the last to grow.
        let whole = self.channels.last().map_or(0, Vec::len);
        let from = std::mem::replace(&mut self.given, whole);
        let fresh = || self.channels.iter().map(|channel| &channel[from..whole]).collect();
        (whole > from).then(fresh)
    }

    /// The samples, channels × frames; `None` if there is no frame.
    pub(super) fn into_samples(self) -> Option<Array2<f64>> {
        // Blocks hold whole frames, so all channels are equally long.
        let frames = self.channels.last().map_or(0, Vec::len);
        let shape = (self.channels.len(), frames);
        let mut samples = Vec::with_capacity(shape.0 * shape.1);
        for channel in self.channels {
            samples.extend(channel.into_iter().take(frames));
        }
        Array2::from_shape_vec(shape, samples).ok().filter(|samples| !samples.is_empty())
    }

    fn push(&mut self, value: f64) {
        if let Some(channel) = self.channels.get_mut(self.next) {
            self.frame_is_broken |= !value.is_finite();
            channel.push(if value.is_finite() { value } else { 0.0 });
        }
        self.next += 1;
        if self.next == self.width {
            self.broken += u64::from(self.frame_is_broken);
            self.frame_is_broken = false;
            self.next = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::sound_card::signals::Fault;

    #[test]
    fn frames_come_through_in_order_and_by_channel() {
        let signals = Signals::default();
        let (mut catcher, mut fetcher) = ring::<f32>(2, 1.0, 4);
        let mut assembly = Assembly::new(2, 2, 4);
        catcher.catch(&[0.0, 0.5, 0.25, -0.5], &signals);
        fetcher.fetch(&mut assembly);
        catcher.catch(&[0.75, -0.25], &signals);
        fetcher.fetch(&mut assembly);
        fetcher.fetch(&mut assembly);
        assert_eq!(signals.captured(), 3);
        let samples = assembly.into_samples().unwrap();
        assert_eq!(samples, ndarray::array![[0.0, 0.25, 0.75], [0.5, -0.5, -0.25]]);
    }

    #[test]
    fn channels_that_nobody_wants_are_left_out() {
        let mut assembly = Assembly::new(1, 3, 2);
        for value in [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] {
            assembly.push(value);
        }
        assert_eq!(assembly.into_samples().unwrap(), ndarray::array![[0.1, 0.4]]);
    }

    #[test]
    fn a_block_that_does_not_fit_is_counted_and_not_joined() {
        let signals = Signals::default();
        let (mut catcher, mut fetcher) = ring::<i16>(1, 1.0, 2);
        let room = RING_BLOCKS * 2;
        for _ in 0..room / 2 {
            catcher.catch(&[1, 2], &signals);
        }
        assert_eq!(signals.fault(), None);
        catcher.catch(&[3, 4], &signals);
        assert_eq!((signals.lost(), signals.fault()), (2, Some(Fault::Overrun)));
        let mut assembly = Assembly::new(1, 1, room);
        fetcher.fetch(&mut assembly);
        assert_eq!(assembly.into_samples().unwrap().ncols(), room);
    }

    #[test]
    fn what_is_no_number_becomes_silence_and_is_counted_by_frame() {
        let mut assembly = Assembly::new(2, 2, 2);
        for value in [f64::NAN, f64::INFINITY, 0.5, 0.25] {
            assembly.push(value);
        }
        assert_eq!(assembly.broken_frames(), 1);
        assert_eq!(assembly.into_samples().unwrap(), ndarray::array![[0.0, 0.5], [0.0, 0.25]]);
    }

    #[test]
    fn every_frame_is_given_out_once() {
        let mut assembly = Assembly::new(2, 2, 4);
        assert!(assembly.fresh().is_none());
        for value in [0.1, 0.2, 0.3, 0.4] {
            assembly.push(value);
        }
        assert_eq!(assembly.fresh().unwrap(), [[0.1, 0.3], [0.2, 0.4]]);
        assert!(assembly.fresh().is_none());
        assembly.push(0.5);
        assembly.push(0.6);
        assert_eq!(assembly.fresh().unwrap(), [[0.5], [0.6]]);
    }

    #[test]
    fn nothing_captured_is_no_recording() {
        assert!(Assembly::new(2, 2, 0).into_samples().is_none());
    }
}
