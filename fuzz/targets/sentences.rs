//! Any text is split into sentences as their documentation promises.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slugline::text::sentences::sentences;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let found = sentences(&text);
    let mut end = 0;
    for range in &found {
        assert!(end <= range.start && range.start < range.end, "sentences come in order and none is empty");
        assert!(text[end..range.start].trim().is_empty(), "what lies between two is white space");
        let sentence = &text[range.clone()]; // panics off character boundaries
        assert_eq!(sentence, sentence.trim());
        end = range.end;
    }
    assert!(text[end..].trim().is_empty(), "the last sentence ends where the text does");
    assert_eq!(found, sentences(&text));
});
