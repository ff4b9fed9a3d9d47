//! 64-bit hashes of words and n-grams, so that the way of a document needs no strings.
//!
//! A word is hashed eight bytes at a time by multiplying and folding the 128-bit product, the step at the heart of wyhash
//! (Wang Yi, 2019). An n-gram's hash comes from its words' hashes. No file depends on these values: a model stores terms as
//! text, and hashes them when it is opened.

const SEED: u64 = 0x5851_f42d_4c95_7f2d;
const WORD: u64 = 0x9e37_79b9_7f4a_7c15;
const NGRAM: u64 = 0xd1b5_4a32_d192_ed03;

fn fold_multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Hash of a word in its normal form.
pub fn word(normal_form: &[u8]) -> u64 {
    hash_chunks(normal_form.len(), |at| load(normal_form, at, normal_form.len() - at))
}

/// Hash of the ASCII word `text[begin..end]` as if it were lower case.
///
/// The same as [`word`] of the lower-case word, without writing it down anywhere.
pub(super) fn ascii_word(text: &[u8], begin: usize, end: usize) -> u64 {
    hash_chunks(end - begin, |at| ascii_lower_case(load(text, begin + at, end - begin - at)))
}

/// Hash of the n-gram that has one word more than the one hashed to `prefix`.
pub fn extend(prefix: u64, next_word: u64) -> u64 {
    fold_multiply(prefix.rotate_left(29) ^ next_word, NGRAM)
}

/// Hash of a term as vocabularies write it: words in normal form, one space between two.
pub fn term(term: &str) -> u64 {
    let mut words = term.split(' ').map(|w| word(w.as_bytes()));
    let first = words.next().unwrap_or_default();
    words.fold(first, extend)
}

#[inline(always)]
fn hash_chunks(length: usize, chunk: impl Fn(usize) -> u64) -> u64 {
    let mut hash = SEED ^ length as u64;
    let mut at = 0;
    while at < length {
        hash = fold_multiply(hash ^ chunk(at), WORD);
        at += 8;
    }
    hash
}

/// Up to eight bytes from `at` on as one little-endian number, `wanted` of them, the others zero.
#[inline(always)]
fn load(bytes: &[u8], at: usize, wanted: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) if wanted >= 8 => u64::from_le_bytes(*chunk),
        Some(chunk) => u64::from_le_bytes(*chunk) & ((1 << (8 * wanted)) - 1),
        None => {
            let mut chunk = [0; 8];
            let taken = wanted.min(8);
            chunk[..taken].copy_from_slice(&bytes[at..at + taken]);
            u64::from_le_bytes(chunk)
        }
    }
}

/// Sets bit 5 of every byte that is an ASCII capital. All bytes must be ASCII.
#[inline(always)]
fn ascii_lower_case(eight: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let from_a = eight + EACH * (0x80 - b'A' as u64); // top bit set from 'A' on
    let past_z = eight + EACH * (0x7f - b'Z' as u64); // top bit set beyond 'Z'
    eight | (((from_a ^ past_z) & (EACH * 0x80)) >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_ascii_word_hashes_like_its_lower_case(before in "[a-zA-Z .]{0,9}", text in "[ -~]{0,40}", after in "[ -~]{0,9}") {
            let whole = format!("{before}{text}{after}");
            let hash = ascii_word(whole.as_bytes(), before.len(), before.len() + text.len());
            prop_assert_eq!(hash, word(text.to_ascii_lowercase().as_bytes()));
        }
    }

    #[test]
    fn words_that_differ_in_length_case_or_order_hash_apart() {
        let words = ["a", "aa", "ab", "ba", "abcdefgh", "abcdefghi", "abcdefgi", "A", ""];
        let mut hashes: Vec<u64> = words.iter().map(|w| word(w.as_bytes())).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), words.len());
    }

    #[test]
    fn a_term_hashes_like_its_words_one_after_another() {
        let (new, york, city) = (word(b"new"), word(b"york"), word(b"city"));
        assert_eq!(term("new york city"), extend(extend(new, york), city));
        assert_ne!(term("new york"), term("york new"));
        assert_ne!(term("that that"), term("that"));
    }
}
