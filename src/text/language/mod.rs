//! The language that a text is in: a screen that costs nothing on every document, a detector where the screen doubts.
//!
//! Nearly all documents that come are English, and a detector takes longer than all the rest of classifying one. Tokenising
//! meets each word anyway, and can count those that are function words of English and those that the model knows: of an
//! English article some 40 and 70 in 100, of a foreign one 10 and 20. Where the counts leave a doubt, [`detect`] looks at the
//! letters.

mod detect;
mod function_words;
#[cfg(test)]
mod samples;

pub use detect::{Detection, UNDETERMINED, detect};

use super::tokens;

/// From this many words on a text is long enough for the share of its function words to be steady.
const STEADY_WORDS: u32 = 12;
/// The least share of function words in an English text of [`STEADY_WORDS`] or more, in per cent.
const LEAST_FUNCTION_WORDS: u64 = 15;
/// The least sum of both shares, in per cent; function words that the model knows too count twice.
const LEAST_EVIDENCE: u64 = 75;
/// A text has more bytes a word than this if it is in a script without spaces, or no prose: then its words do not tell.
const MOST_BYTES_A_WORD: usize = 16;
/// The least share of known words in a shorter English text, in per cent.
const LEAST_KNOWN_WORDS: u64 = 65;
/// The least share of words that a model taught in English alone knows of an English text with few function words, in per cent.
const LEAST_ENGLISH_WORDS: u64 = 80;
/// The largest share of function words of other languages in such a text, in per cent: names have some.
const MOST_FOREIGN_WORDS: usize = 5;
/// The least share of known words in a text that nothing shows to be foreign, in per cent.
const LEAST_FAMILIAR_WORDS: u64 = 30;

/// Counts taken while a document is tokenised, title included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Screen {
    /// Tokens with a letter in them.
    pub words: u32,
    /// Those among [`super::stopwords::ENGLISH`].
    pub function_words: u32,
    /// Tokens of digits alone.
    pub numbers: u32,
    /// Tokens in the model's vocabulary, numbers included.
    pub known_words: u32,
}

impl Screen {
    /// Are the counts those of English text, without doubt? `false` says nothing: the detector must look.
    ///
    /// In a short text known words make up for function words, which headlines leave out. In a longer one they do not, so
    /// that a model taught in another language does not take that language for English.
    pub fn is_english(&self) -> bool {
        let words = u64::from(self.words);
        let function_words = u64::from(self.function_words) * 100;
        let known_words = u64::from(self.known_words) * 100;
        if self.words < STEADY_WORDS {
            words > 0 && known_words >= LEAST_KNOWN_WORDS * words
        } else {
            function_words >= LEAST_FUNCTION_WORDS * words && function_words + known_words >= LEAST_EVIDENCE * words
        }
    }

    /// Does the model know nearly all words, even if it knows all numbers? Then what taught it was in the same language.
    fn is_well_known(&self) -> bool {
        let known_words = u64::from(self.known_words.saturating_sub(self.numbers)) * 100;
        self.words >= STEADY_WORDS && known_words >= LEAST_ENGLISH_WORDS * u64::from(self.words)
    }

    /// Does the model know some of the words? Enough where the detector finds nothing: headlines of names, tables.
    fn is_familiar(&self) -> bool {
        self.known_words > 0 && u64::from(self.known_words) * 100 >= LEAST_FAMILIAR_WORDS * u64::from(self.words)
    }
}

/// The language of a document as a BCP 47 code, [`UNDETERMINED`] if it can not be told.
///
/// `screen` holds the counts of the same `title` and `text`, and `english_model` says whether the model whose words were counted was
/// taught in English alone. Time is bounded: some kilobytes are read at most.
pub fn identify(title: &str, text: &str, screen: Screen, english_model: bool) -> &'static str {
    let is_spaced = title.len() + text.len() <= MOST_BYTES_A_WORD * screen.words as usize;
    let is_telegraphic_english = || english_model && screen.is_well_known() && !has_many_foreign_words(&[title, text]);
    if is_spaced && (screen.is_english() || is_telegraphic_english()) {
        return "en";
    }
    match detect::detect_in(&[title, text]).code {
        UNDETERMINED if is_spaced && screen.is_familiar() => "en",
        code => code,
    }
}

/// Whether the beginning of the text has more function words of other languages than names bring into English.
fn has_many_foreign_words(parts: &[&str]) -> bool {
    let (mut words, mut foreign) = (0, 0);
    for part in parts {
        tokens(&part[..part.floor_char_boundary(SCREENED_BYTES)], |token| {
            words += 1;
            foreign += usize::from(function_words::is_foreign(token.hash));
        });
    }
    foreign * 100 > MOST_FOREIGN_WORDS * words
}

/// How much of each part is looked through for foreign words, in bytes.
const SCREENED_BYTES: usize = 4_096;

/// Whether a code has the syntax of BCP-47 (RFC 5646): a language of 2 to 8 letters, then subtags of 1 to 8 letters and digits.
pub fn is_code(code: &str) -> bool {
    let mut subtags = code.split('-');
    let is_language = |tag: &str| (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    subtags.next().is_some_and(is_language)
        && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stopwords;
    use proptest::prelude::*;

    /// The counts that tokenising would take, for a model that knows the words that `is_known` accepts.
    fn screen(text: &str, is_known: impl Fn(&str) -> bool) -> Screen {
        let mut screen = Screen::default();
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.contains(char::is_alphabetic)) {
            let word = word.to_lowercase();
            screen.words += 1;
            screen.function_words += u32::from(stopwords::is_function_word(&word));
            screen.known_words += u32::from(is_known(&word));
        }
        screen
    }

    #[test]
    fn foreign_headlines_and_sentences_are_recognised() {
        for (code, text) in samples::FOREIGN {
            assert_eq!(identify("", text, screen(text, stopwords::is_function_word), true), *code, "{text}");
        }
    }

    #[test]
    fn english_headlines_are_not_called_foreign_even_by_a_model_that_knows_no_word() {
        for text in samples::ENGLISH_HEADLINES {
            let code = identify(text, "", screen(text, |_| false), true);
            assert!(matches!(code, "en" | UNDETERMINED), "{code}: {text}");
        }
    }

    #[test]
    fn english_headlines_are_english_for_a_model_that_knows_some_of_their_words() {
        for text in samples::ENGLISH_HEADLINES {
            let longest = text.split(' ').map(str::len).max().unwrap_or(0);
            let counts = screen(text, |word| word.len() + 3 >= longest.min(7) || stopwords::is_function_word(word));
            assert_eq!(identify(text, "", counts, false), "en", "{text} {counts:?}");
        }
    }

    #[test]
    fn what_holds_no_language_is_undetermined() {
        for text in samples::UNDETERMINED {
            assert_eq!(identify("", text, screen(text, |_| false), true), UNDETERMINED, "{text:?}");
        }
    }

    #[test]
    fn running_english_passes_the_screen() {
        let text = "The council said on Friday that it would not close the library, because too many people had asked for it to \
                    stay open and none of them had another place to go.";
        assert!(screen(text, |word| word.len() < 6).is_english());
    }

    #[test]
    fn known_words_alone_do_not_make_a_longer_text_english() {
        let text = "Die Stadt teilte mit dass Schulen wegen Sturm geschlossen bleiben und Busse nicht fahren";
        assert!(!screen(text, |_| true).is_english());
        assert_eq!(identify("", text, screen(text, |_| true), true), "de", "not even those of an English model");
    }

    #[test]
    fn telegraphic_english_is_english_for_an_english_model_that_knows_its_words() {
        let text = "Shr 14 cts vs nine cts, net 217,572 vs 153,454, revs 2,530,273, qtly div payable April one, record March one";
        let known = |is_known: fn(&str) -> bool| {
            let words = screen(text, is_known);
            Screen { numbers: 8, known_words: words.known_words + 8, ..words }
        };
        assert!(!known(|_| true).is_english());
        assert_eq!(identify("", text, known(|_| true), true), "en");
        let of_numbers = Screen { words: 20, numbers: 20, known_words: 20, function_words: 0 };
        assert!(!of_numbers.is_well_known(), "it may know the numbers alone");
        assert!(known(|_| true).is_well_known() && !known(|word| word == "cts").is_well_known());
    }

    #[test]
    fn a_text_without_spaces_is_not_judged_by_its_few_words() {
        let text = "政府は来年度の予算案を決定したと発表しましたが野党は反対しています";
        let quoted = Screen { words: 3, function_words: 1, known_words: 3, numbers: 0 };
        assert!(quoted.is_english());
        assert_eq!(identify("The White House", text, quoted, true), "ja");
    }

    #[test]
    fn an_empty_screen_is_not_english() {
        assert!(!Screen::default().is_english());
    }

    #[test]
    fn decomposed_letters_are_read_as_composed_ones() {
        let text = "Chi\u{301}nh phu\u{309} co\u{302}ng bo\u{302}\u{301} ke\u{302}\u{301} hoa\u{323}ch ho\u{302}\u{303} tro\u{31b}\u{323}";
        assert_eq!(detect(text).code, "vi");
    }

    #[test]
    fn only_the_beginning_of_a_long_text_is_read() {
        let begin = std::time::Instant::now();
        let text = "Die Regierung hat das Gesetz nicht beschlossen. ".repeat(200_000);
        assert_eq!(detect(&text).code, "de");
        detect(&"東".repeat(2_000_000));
        detect(&"@a ".repeat(2_000_000));
        assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
    }

    #[test]
    fn a_detection_names_its_script() {
        assert_eq!(detect("Rząd przyjął projekt ustawy"), Detection { code: "pl", script: "Latn" });
        assert_eq!(detect("Η κυβέρνηση"), Detection { code: "el", script: "Grek" });
        assert_eq!(detect("12345"), Detection { code: UNDETERMINED, script: "Zyyy" });
    }

    proptest! {
        #[test]
        fn any_text_and_any_counts_get_a_code(
            title in any::<String>(), text in any::<String>(), counts in any::<[u32; 4]>(), english_model in any::<bool>()
        ) {
            let [words, function_words, known_words, numbers] = counts;
            let code = identify(&title, &text, Screen { words, function_words, known_words, numbers }, english_model);
            prop_assert!((2..=3).contains(&code.len()));
        }
    }
}
