use super::*;
use crate::corpus::Document;

/// A document of `words` words made up from `seed`, with some of them replaced.
fn document(seed: usize, words: usize, replaced: &[usize]) -> Document {
    let word = |n: usize| if replaced.contains(&n) { format!("other{n} ") } else { format!("w{seed}x{n} ") };
    Document { text: (0..words).map(word).collect(), ..Document::default() }
}

fn text(text: &str) -> Document {
    Document { text: text.to_owned(), ..Document::default() }
}

fn groups(documents: &[Document]) -> Vec<u32> {
    let documents: Vec<_> = documents.iter().map(Document::fields).collect();
    Sketches::new(&documents).groups()
}

#[test]
fn the_same_words_are_one_group_however_they_are_written() {
    let documents = ["Border closed.", "Border open.", "BORDER -- closed", "Closed border", "border, closed!"].map(text);
    assert_eq!(groups(&documents), [0, 1, 0, 3, 0]);
}

#[test]
fn one_word_in_forty_makes_no_difference_and_two_apart_do() {
    // 38 shingles: one word breaks 3 (35/41 = .85), two break 6 (32/44 = .73).
    let documents = [document(1, 40, &[]), document(1, 40, &[20]), document(2, 40, &[]), document(2, 40, &[10, 30])];
    assert_eq!(groups(&documents), [0, 0, 2, 3]);
}

#[test]
fn short_texts_are_alike_only_if_they_are_the_same() {
    let documents = ["oil", "oil", "oil price", "price oil", "oil price up", "oil price down", "", "", "?"].map(text);
    assert_eq!(groups(&documents), [0, 0, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_group_holds_all_that_likeness_leads_to() {
    // The first and the last are not alike, but each is like the one between.
    let documents = [document(1, 60, &[5]), document(1, 60, &[]), document(1, 60, &[40]), document(1, 60, &[40, 50])];
    assert_eq!(groups(&documents), [0, 0, 0, 0]);
}

#[test]
fn near_duplicates_are_hardly_ever_missed() {
    for words in [12, 25, 40, 300] {
        // As many words changed at the end as leave a similarity of at least .8.
        let changed = (words - 2) / 10;
        let last: Vec<usize> = (words - changed..words).collect();
        let documents: Vec<_> = (0..1000).map(|n| document(n / 2, words, if n % 2 == 0 { &[] } else { &last })).collect();
        let found = groups(&documents).iter().enumerate().filter(|(n, first)| **first as usize != *n).count();
        assert!(found >= 490, "{found} of 500 pairs of {words} words");
    }
}

#[test]
fn the_groups_are_the_same_on_any_number_of_threads() {
    let documents: Vec<_> = (0..600).map(|n| document(n % 150, 30, &[n % 7])).collect();
    let on = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| groups(&documents));
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(8));
}

#[test]
fn text_that_all_documents_carry_makes_no_group_and_no_square_work() {
    // Half of each document is the same: all fall into the same buckets, and comparing each with each would take minutes.
    let shared: String = (0..40).map(|n| format!("terms{n} ")).collect();
    let documents: Vec<_> = (0..20_000).map(|n| text(&format!("{shared}{}", document(n, 35, &[]).text))).collect();
    let groups = groups(&documents);
    assert!(groups.iter().enumerate().all(|(n, first)| *first as usize == n));
}

#[test]
fn finds_the_most_similar_document_of_another_corpus() {
    let here = [document(1, 40, &[39]), document(1, 40, &[]), document(1, 40, &[]), document(2, 40, &[])];
    let there = [document(1, 40, &[]), document(2, 40, &[0]), document(3, 40, &[]), text("")];
    let (here, there): (Vec<_>, Vec<_>) = (here.iter().map(Document::fields).collect(), there.iter().map(Document::fields).collect());
    let found = Sketches::new(&here).find(&Sketches::new(&there));
    assert_eq!(found[0], Some(Likeness { document: 1, similarity: 1.0 }));
    assert_eq!(found[1], Some(Likeness { document: 3, similarity: 37.0 / 39.0 }));
    assert_eq!(found[2..], [None, None]);
}
