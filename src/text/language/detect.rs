//! The detector: slow, and asked only where the screen doubts.

use super::function_words::{LANGUAGES, LanguageSet, languages_of};
use crate::text::stopwords;
use unicode_normalization::UnicodeNormalization;
use whatlang::{Info, Lang, Script};

/// How much of a text the detector reads, in bytes: enough for certainty, and it bounds the time (some 0.2 ms).
const SAMPLE_BYTES: usize = 2_048;
/// How much of a text is looked through for a sample, since links and handles are left out of it.
const SEARCH_BYTES: usize = 4 * SAMPLE_BYTES;

/// What the detector found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detection {
    /// The language as a BCP 47 code (`en`, `de`, `zh`), or [`UNDETERMINED`].
    pub code: &'static str,
    /// The script that most letters are of, by ISO 15924 (`Latn`, `Cyrl`), or `Zyyy` if there are no letters.
    pub script: &'static str,
}

/// The code of a language that can not be told: numbers, names, too few words.
pub const UNDETERMINED: &str = "und";

/// Detects the language of the beginning of `text`.
///
/// A script that is not Latin decides by itself, or leaves few languages to tell apart. In Latin script, function words are
/// the first evidence ([`super::function_words`]) and trigrams (`whatlang`, after Cavnar and Trenkle, "N-Gram-Based Text
/// Categorization", 1994) the second: neither alone can tell a headline.
pub fn detect(text: &str) -> Detection {
    detect_in(&[text])
}

/// As [`detect`], for a text that comes in parts, such as a title and a body.
pub fn detect_in(parts: &[&str]) -> Detection {
    let sample = sample(parts);
    let evidence = is_ascii(&sample).then(|| Evidence::count(&sample));
    if evidence.as_ref().is_some_and(Evidence::is_plainly_english) {
        return Detection { code: "en", script: "Latn" };
    }
    let Some(info) = whatlang::detect(&sample) else {
        return Detection { code: UNDETERMINED, script: "Zyyy" };
    };
    let code = match info.script() {
        Script::Latin => decide(&evidence.unwrap_or_else(|| Evidence::count(&sample)), &info),
        _ => code(info.lang()),
    };
    Detection { code, script: script_code(info.script()) }
}

/// Whether nearly all characters are ASCII and many of them letters, so that the script is Latin without a doubt.
fn is_ascii(sample: &str) -> bool {
    let letters = sample.bytes().filter(u8::is_ascii_alphabetic).count();
    let others = sample.bytes().filter(|byte| !byte.is_ascii()).count();
    others * 20 <= letters && letters * 2 > sample.len()
}

/// The first words of the parts, in composed form (NFC), without links, mail addresses, handles and hash tags.
fn sample(parts: &[&str]) -> String {
    let mut sample = String::new();
    for part in parts {
        let head = &part[..part.floor_char_boundary(SEARCH_BYTES)];
        for word in head.split_whitespace().filter(|word| is_prose(word)) {
            let room = SAMPLE_BYTES.saturating_sub(sample.len());
            // Scripts without spaces make one "word" of a paragraph.
            sample.extend(word[..word.floor_char_boundary(room)].nfc());
            sample.push(' ');
        }
    }
    sample
}

fn is_prose(word: &str) -> bool {
    // "example.com", but neither "end." nor "U.S."
    let is_domain =
        || word.split_once('.').is_some_and(|(host, rest)| host.len() > 1 && rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    !word.contains(['@', '#', '\\', '_', '<', '=']) && !word.contains("://") && !is_domain()
}

/// What the words of a text in Latin script say. Each function word counts [`WORD`].
#[derive(Debug, Default)]
struct Evidence {
    words: u32,
    /// Function words of English and of no other language.
    english: u32,
    /// Function words of other languages and not of English.
    foreign: u32,
    /// Those of each language.
    by_language: [u32; LANGUAGES.len()],
    /// Words with letters that English does not have.
    accented: u32,
    /// How many words are function words of English, whatever else they are.
    all_english: u32,
    /// How many words are function words of each language, whatever else they are.
    shared: [u32; LANGUAGES.len()],
}

/// The weight of a function word.
const WORD: u32 = 2;
/// The weight of one that an English text has for other reasons: a single letter ("v", "w"), or a part of names.
const WEAK_WORD: u32 = 1;
/// Function words that names bring into English: Charles de Gaulle, Rio de la Plata, Robin van Persie.
const NAME_PARTICLES: &[&str] = &["al", "da", "de", "del", "den", "der", "di", "du", "el", "la", "le", "van", "von"];

impl Evidence {
    fn count(sample: &str) -> Self {
        let mut evidence = Self::default();
        for word in sample.split_whitespace() {
            // The parts of "wi-fi", "and/or" and "AT&T" are not words on their own; those of "l'été" are.
            let is_compound = word.contains(['-', '/', '&']);
            for part in word.split(|c: char| !c.is_alphabetic()).filter(|part| !part.is_empty()) {
                evidence.add(part, is_compound);
            }
        }
        evidence
    }

    fn add(&mut self, word: &str, is_compound: bool) {
        self.words += 1;
        self.accented += u32::from(!word.is_ascii());
        if is_compound {
            return;
        }
        let lower = word.to_lowercase();
        let languages = languages_of(&lower);
        let is_weak = lower.chars().nth(1).is_none() || NAME_PARTICLES.contains(&lower.as_str());
        let weight = if is_weak { WEAK_WORD } else { WORD };
        let is_english = stopwords::is_function_word(&lower);
        self.all_english += u32::from(is_english);
        self.shared.iter_mut().enumerate().for_each(|(index, count)| *count += u32::from(languages & 1 << index != 0));
        match (is_english, languages) {
            (true, 0) => self.english += weight,
            // With a capital it may be a name: Los Angeles, El Paso, Dan.
            (false, 1..) if word.starts_with(char::is_lowercase) => self.add_foreign(languages, weight),
            _ => {}
        }
    }

    fn add_foreign(&mut self, languages: LanguageSet, weight: u32) {
        self.foreign += weight;
        for (index, count) in self.by_language.iter_mut().enumerate() {
            if languages & 1 << index != 0 {
                *count += weight;
            }
        }
    }

    /// Whether trigrams need not be asked: a longer text with a function word that only English has, and at least two more of all
    /// that English has than of those of any other language.
    fn is_plainly_english(&self) -> bool {
        let of_others = self.shared.iter().max().copied().unwrap_or(0);
        self.words >= STEADY_WORDS && self.english >= WORD && self.english > self.foreign && self.all_english >= of_others + 2
    }

    /// The weight of the function words of a language; none if no list has the language.
    fn of(&self, code: &str) -> Option<u32> {
        LANGUAGES.iter().position(|(known, _)| *known == code).map(|index| self.by_language[index])
    }

    /// The language with most function words, the one that the trigrams favour among equals.
    fn best(&self, favoured: &str) -> (&'static str, u32) {
        let counts = LANGUAGES.iter().zip(self.by_language).map(|((code, _), count)| (*code, count));
        counts.max_by_key(|(code, count)| (*count, *code == favoured)).unwrap_or((UNDETERMINED, 0))
    }
}

/// From this many words on a text of a language holds function words of it.
const STEADY_WORDS: u32 = 12;

/// The language of a text in Latin script, from its function words and what the trigrams favour.
fn decide(evidence: &Evidence, trigrams: &Info) -> &'static str {
    let favoured = code(trigrams.lang());
    let Evidence { words, english, foreign, accented, .. } = *evidence;
    let is_steady = words >= STEADY_WORDS;
    let of_favoured = evidence.of(favoured);
    // A favoured language is not that of a longer text without one of its function words.
    let is_plausible = favoured != "en" && trigrams.is_reliable() && !(is_steady && of_favoured == Some(0));

    // One word in ten at least; stray ones are names and quotations.
    let is_foreign = foreign > english && foreign >= WORD && foreign * 10 >= words * WORD;
    if is_foreign {
        let (best, of_best) = evidence.best(favoured);
        let is_favoured = favoured != "en" && of_favoured.map_or(is_steady && is_plausible, |count| count * 2 > of_best);
        return if is_favoured { favoured } else { best };
    }
    if english > foreign {
        // A few English words in a text that is not.
        let is_foreign = is_plausible && is_steady && english * 8 < words * WORD;
        return if is_foreign { favoured } else { "en" };
    }
    match favoured {
        "en" => "en",
        _ if is_plausible || accented * 4 >= words => favoured,
        _ => UNDETERMINED,
    }
}

/// BCP 47: the shortest ISO 639 code; `no` for Bokmål, as [`LANGUAGES`] has it.
fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Cym => "cy",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "no",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        Lang::Zul => "zu",
    }
}

fn script_code(script: Script) -> &'static str {
    match script {
        Script::Arabic => "Arab",
        Script::Armenian => "Armn",
        Script::Bengali => "Beng",
        Script::Cyrillic => "Cyrl",
        Script::Devanagari => "Deva",
        Script::Ethiopic => "Ethi",
        Script::Georgian => "Geor",
        Script::Greek => "Grek",
        Script::Gujarati => "Gujr",
        Script::Gurmukhi => "Guru",
        Script::Hangul => "Hang",
        Script::Hebrew => "Hebr",
        Script::Hiragana => "Hira",
        Script::Kannada => "Knda",
        Script::Katakana => "Kana",
        Script::Khmer => "Khmr",
        Script::Latin => "Latn",
        Script::Malayalam => "Mlym",
        Script::Mandarin => "Hani",
        Script::Myanmar => "Mymr",
        Script::Oriya => "Orya",
        Script::Sinhala => "Sinh",
        Script::Tamil => "Taml",
        Script::Telugu => "Telu",
        Script::Thai => "Thai",
    }
}
