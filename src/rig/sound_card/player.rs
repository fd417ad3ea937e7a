//! What the output plays next.

use super::sample::Wire;

/// Time in which the output fades to silence when it is stopped, in seconds.
const FADE_S: f64 = 0.02;

/// The samples of one exchange: silence, then the stimulus, then silence for as long as asked.
///
/// Everything is prepared beforehand in the device's own format, so that the audio thread only
/// copies. It cannot run dry: it owns the whole stimulus.
#[derive(Debug)]
pub(super) struct Player<T> {
    stimulus: Box<[T]>,
    /// Frames of silence before the stimulus.
    lead: usize,
    /// For every output channel, whether it plays the stimulus.
    plays: Box<[bool]>,
    /// The frame that comes next, counted from the beginning of the silence.
    next: usize,
    /// Factors from one down to zero.
    fade: Box<[f64]>,
    /// How far the fade has got; `None` while it has not begun.
    faded: Option<usize>,
}

/// Whether the output goes on or is to become silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drive {
    /// Play on.
    Play,
    /// Fade out and stay silent.
    FadeOut,
}

impl<T: Wire> Player<T> {
    /// A player of a stimulus after so many frames of silence, on the channels that `plays` names.
    pub(super) fn new(stimulus: &[f64], lead: usize, plays: Box<[bool]>, rate_hz: f64) -> Self {
        let stimulus = stimulus.iter().map(|&value| T::from_full_scale(value)).collect();
        let steps = (FADE_S * rate_hz).ceil().max(1.0) as usize;
        // Raised cosine: no corner at either end.
        let gain = |i: usize| 0.5 + 0.5 * (std::f64::consts::PI * i as f64 / steps as f64).cos();
        let fade = (0..steps).map(gain).collect();
        Self { stimulus, lead, plays, next: 0, fade, faded: None }
    }

    /// Fills a block of interleaved frames.
    pub(super) fn fill(&mut self, block: &mut [T], drive: Drive) {
        if drive == Drive::FadeOut && self.faded.is_none() {
            self.faded = Some(0);
        }
        for frame in block.chunks_exact_mut(self.plays.len()) {
            let sample = self.next_sample();
            for (slot, &plays) in frame.iter_mut().zip(&self.plays) {
                *slot = if plays { sample } else { T::SILENCE };
            }
        }
    }

    /// Whether a fade has reached silence.
    pub(super) fn is_silenced(&self) -> bool {
        self.faded.is_some_and(|done| done >= self.fade.len())
    }

    fn next_sample(&mut self) -> T {
        let place = self.next.checked_sub(self.lead);
        let sample = place.and_then(|i| self.stimulus.get(i)).copied().unwrap_or(T::SILENCE);
        self.next += 1;
        let Some(done) = &mut self.faded else { return sample };
        let Some(&gain) = self.fade.get(*done) else { return T::SILENCE };
        *done += 1;
        T::from_full_scale(sample.to_full_scale() * gain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 1000.0;

    fn player(stimulus: &[f64], lead: usize, plays: &[bool]) -> Player<f32> {
        Player::new(stimulus, lead, plays.into(), RATE_HZ)
    }

    fn fill(player: &mut Player<f32>, samples: usize, drive: Drive) -> Vec<f32> {
        let mut block = vec![9.0; samples];
        player.fill(&mut block, drive);
        block
    }

    #[test]
    fn the_stimulus_follows_the_silence_whatever_the_block_sizes() {
        let whole = fill(&mut player(&[0.1, 0.2, 0.3], 2, &[true]), 8, Drive::Play);
        assert_eq!(whole, [0.0, 0.0, 0.1, 0.2, 0.3, 0.0, 0.0, 0.0]);
        let mut player = player(&[0.1, 0.2, 0.3], 2, &[true]);
        let parts = [3, 0, 1, 4].map(|length| fill(&mut player, length, Drive::Play));
        assert_eq!(parts.concat(), whole);
    }

    #[test]
    fn only_the_chosen_channels_play() {
        let block = fill(&mut player(&[0.5, -0.5], 0, &[false, true, true]), 6, Drive::Play);
        assert_eq!(block, [0.0, 0.5, 0.5, 0.0, -0.5, -0.5]);
    }

    #[test]
    fn a_stopped_player_falls_steadily_to_silence_within_20_ms_and_stays_there() {
        let mut player = player(&[0.5; 100], 0, &[true]);
        assert_eq!(fill(&mut player, 1, Drive::Play), [0.5]);
        let block = fill(&mut player, 30, Drive::FadeOut);
        let frames = (FADE_S * RATE_HZ) as usize;
        assert!(block.windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(block[1] > 0.49 && block[frames - 1] < 0.01);
        assert!(block[frames..].iter().all(|&v| v == 0.0));
        assert!(player.is_silenced());
        assert!(fill(&mut player, 30, Drive::Play).iter().all(|&v| v == 0.0));
    }

    #[test]
    fn a_fade_may_run_across_several_blocks() {
        let mut player = player(&[0.5; 100], 0, &[true]);
        fill(&mut player, 8, Drive::FadeOut);
        assert!(!player.is_silenced());
        fill(&mut player, 12, Drive::FadeOut);
        assert!(player.is_silenced());
    }
}
