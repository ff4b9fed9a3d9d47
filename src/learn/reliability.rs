//! Whether probabilities mean what they say: the reliability diagram and its error.

use serde::Serialize;

/// How many bins of equal width probabilities are sorted into.
pub const BINS: usize = 15;

/// Probabilities sorted into bins of equal width, to compare each bin's mean with what happened (Naeini et al. 2015).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Reliability {
    /// The bins, from 0 to 1.
    pub bins: [ReliabilityBin; BINS],
}

/// The probabilities that fell between two bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// How many there are.
    pub count: usize,
    /// The sum of them; it is what should have happened so many times.
    pub expected: f64,
    /// How many times it happened.
    pub happened: usize,
}

impl Reliability {
    /// Takes in one probability, and whether what it was about happened.
    pub fn add(&mut self, probability: f32, happened: bool) {
        let bin = &mut self.bins[((probability * BINS as f32) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.expected += f64::from(probability);
        bin.happened += usize::from(happened);
    }

    /// The expected calibration error: the mean over all probabilities of the gap, in their bin, between said and happened.
    pub fn error(&self) -> f64 {
        let all: usize = self.bins.iter().map(|bin| bin.count).sum();
        self.bins.iter().map(|bin| (bin.expected - bin.happened as f64).abs()).sum::<f64>() / all.max(1) as f64
    }
}

impl ReliabilityBin {
    /// The mean of the probabilities; none where the bin is empty.
    pub fn mean_probability(&self) -> Option<f64> {
        (self.count > 0).then(|| self.expected / self.count as f64)
    }

    /// In what share of the cases it happened; none where the bin is empty.
    pub fn share_happened(&self) -> Option<f64> {
        (self.count > 0).then(|| self.happened as f64 / self.count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calibration_error_is_the_gap_between_what_was_said_and_what_happened() {
        // Said .8 ten times, right eight times: honest. Said .9 ten times, right five times: off by .4. The mean is .2.
        let mut reliability = Reliability::default();
        for n in 0..10 {
            reliability.add(0.8, n < 8);
            reliability.add(0.9, n < 5);
        }
        assert!((reliability.error() - 0.2).abs() < 1e-6);
        assert_eq!(reliability.bins[13].share_happened(), Some(0.5));
        assert_eq!(reliability.bins[0].mean_probability(), None);
    }
}
