//! Any text becomes words, and words become terms, each found again by the hash that a vocabulary has of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slugline::{
    features::{Analyzer, AnalyzerParams, BREAK, TokenSink, for_each_ngram},
    text::{Field, Fields, Token, hash, normalise, tokens},
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&switches, text)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    check_tokens(&text);

    // The first line is the title.
    let (title, text) = text.split_once('\n').unwrap_or(("", &text));
    let document = Fields { title, text };
    let min = 1 + (switches >> 2) % 3;
    let params = AnalyzerParams {
        stem: switches & 1 != 0,
        drop_stopwords: switches & 2 != 0,
        ngram_range: (min, (min + (switches >> 4) % 3).min(5)),
    };
    let mut analyzer = Analyzer::new(params);
    let words = analyse(&mut analyzer, document);
    assert_eq!(words, analyse(&mut analyzer, document), "what the analyzer remembers changes nothing");
    check_terms(&analyzer, document, &words, params.ngram_range);
});

fn check_tokens(text: &str) {
    let mut end = 0;
    tokens(text, |token| {
        assert!(end <= token.begin && token.begin < token.end, "words come in order and none is empty");
        end = token.end;
        let (mut once, mut twice) = (String::new(), String::new());
        normalise(token.surface(text), &mut once);
        normalise(&once, &mut twice);
        assert_eq!(once, twice, "a normal form is its own normal form");
        assert!(once.chars().count() > 1);
        assert_eq!(token.hash, hash::word(once.as_bytes()));
    });
}

/// Hash and place of each word; `None` is the place of a break.
type Words = Vec<(u64, Option<(Field, Token)>)>;

fn analyse(analyzer: &mut Analyzer, document: Fields) -> Words {
    struct Sink(Words);
    impl TokenSink for Sink {
        fn word(&mut self, hash: u64, field: Field, token: Token) {
            self.0.push((hash, Some((field, token))));
        }
        fn end_of_field(&mut self) {
            self.0.push((BREAK, None));
        }
        fn seen(&mut self, _: bool, _: bool) {}
    }
    let mut sink = Sink(Vec::new());
    analyzer.analyze(document, &mut sink);
    sink.0
}

fn check_terms(analyzer: &Analyzer, document: Fields, words: &Words, ngram_range: (u8, u8)) {
    let hashes: Vec<u64> = words.iter().map(|(hash, _)| *hash).collect();
    for_each_ngram(&hashes, ngram_range, |hash, begin, n| {
        let places: Vec<(Field, Token)> = words[begin..begin + n].iter().filter_map(|(_, place)| *place).collect();
        assert_eq!(places.len(), n, "no term reaches across a break");
        assert!(places.iter().all(|(field, _)| *field == places[0].0), "no term reaches from the title into the text");
        let term = analyzer.term(places.iter().map(|(field, token)| token.surface(document.get(*field))));
        assert_eq!(hash, hash::term(&term), "{term:?} as vocabularies write it has the hash that texts have of it");
    });
}
