//! The committed seeds are as many, as long and as varied as `seeds/WRITING.md` asks for.

use std::path::Path;

use slugline::{corpus::Seeds, train::SeedCheck};

fn seeds() -> Seeds {
    Seeds::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")).unwrap()
}

#[test]
fn there_are_enough_articles_long_and_short() {
    let seeds = seeds();
    let words = |text: &str| text.split_whitespace().count();
    let is_long: Vec<bool> = seeds.articles.iter().map(|article| words(&article.document.text) >= 95).collect();
    let long = is_long.iter().filter(|is_long| **is_long).count();
    assert!(long >= 1500 && is_long.len() - long >= 500, "{long} of {}", is_long.len());
    for (label, of) in seeds.taxonomy.tasks[0].labels.iter().enumerate() {
        let articles = seeds.articles.iter().zip(&is_long).filter(|(article, is_long)| **is_long && article.labels[0] == [label]).count();
        assert!(articles >= if of.name == "society/migration" { 200 } else { 60 }, "{} {articles}", of.name);
    }
}

#[test]
fn no_label_is_short_and_nothing_is_written_twice() {
    let seeds = seeds();
    assert!(seeds.warnings.is_empty(), "{}", seeds.warnings[0]);
    let check = SeedCheck::new(&seeds);
    assert!(check.near_duplicates.is_empty(), "{:?}", check.near_duplicates);
    let widest = &check.frames[0];
    assert!(widest.articles.len() <= 4 && check.frames.len() <= 60, "{} {widest:?}", check.frames.len());
    for label in &check.labels {
        let (articles, terms) = if label.name.starts_with("stance ") { (200, 400) } else { (60, 1000) };
        assert!(label.articles >= articles && label.terms >= terms, "{label:?}");
        assert!(label.variety.is_some_and(|variety| variety >= 450), "{label:?}");
    }
}
