//! Numbers as people read them.

/// A count with its thousands apart: `11,314`.
pub fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1 as a percentage with one decimal, the sign after a no-break space: `85.5 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * share)
}

/// A count with its noun: `1 document`, `11,314 documents`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// The interval of 95 % for a share of which `right` in `all` were seen (Wilson 1927, as Brown, Cai and DasGupta 2001 recommend it).
/// It takes the documents as independent of each other.
pub fn wilson_interval(right: usize, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_964;
    let (n, share) = (all as f64, right as f64 / all as f64);
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1000, 11_314, 1_234_567].map(thousands);
        assert_eq!(texts, ["0", "999", "1,000", "11,314", "1,234,567"]);
    }

    #[test]
    fn the_interval_is_wilsons() {
        // Brown, Cai and DasGupta: the bounds solve |p - share| = z * sqrt(p * (1 - p) / n).
        let (low, high) = wilson_interval(85, 100);
        for bound in [low, high] {
            assert!(((bound - 0.85).abs() - 1.959_964 * (bound * (1.0 - bound) / 100.0).sqrt()).abs() < 1e-9);
        }
        assert_eq!(wilson_interval(0, 0), (0.0, 1.0));
        assert!(wilson_interval(10, 10).1 <= 1.0 && wilson_interval(0, 10).0 >= 0.0);
    }
}
