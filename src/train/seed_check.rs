//! What can be said of seeds before anything is learned from them: how many, how long, how varied, and what was written twice.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

use crate::{
    corpus::{Seeds, near_duplicates::Sketches},
    text::{Fields, Printable, hash, tokens},
};

/// How many words in a row must not stand in two articles: so many make a sentence frame.
const FRAME: usize = 6;
/// Variety is counted over stretches of so many words, so that labels with more text do not look poorer.
const STRETCH: usize = 1_000;
/// The fewest articles that a label should have.
const ENOUGH: usize = 60;
/// How many of the frames are named.
const NAMED: usize = 20;

/// What was found in seeds.
#[derive(Clone, Debug)]
pub struct SeedCheck {
    /// One entry a label of each task.
    pub labels: Vec<LabelCount>,
    /// Paths of articles that are the same or nearly, in groups.
    pub near_duplicates: Vec<Vec<String>>,
    /// Frames that stand in several articles, those in most first.
    pub frames: Vec<SharedFrame>,
}

/// How much was written on a label.
#[derive(Clone, Debug)]
pub struct LabelCount {
    /// The task's name and the label's.
    pub name: String,
    /// How many articles have the label.
    pub articles: usize,
    /// The fewest words of one of them, the middle number, and the most.
    pub words: [usize; 3],
    /// How many different words there are in a thousand, on average; none if there are fewer than a thousand.
    pub variety: Option<usize>,
    /// How many terms its glossary has.
    pub terms: usize,
}

/// Words in a row that stand in several articles.
#[derive(Clone, Debug)]
pub struct SharedFrame {
    /// The words.
    pub frame: String,
    /// The paths of the articles.
    pub articles: Vec<String>,
}

impl SeedCheck {
    /// Looks through all seeds.
    pub fn new(seeds: &Seeds) -> Self {
        let words: Vec<Vec<(u64, &str)>> = seeds.articles.iter().map(|article| words(article.document.fields())).collect();
        let path = |article: usize| seeds.articles[article].path.display().to_string();
        SeedCheck { labels: counts(seeds, &words), near_duplicates: near_duplicates(seeds, path), frames: frames(&words, path) }
    }

    /// For people: a table, and what should be mended.
    pub fn summary(&self) -> String {
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = writeln!(out, "{:44} articles  words (least, middle, most)  different in 1000  glossary terms", "label");
        for LabelCount { name, articles, words: [least, middle, most], variety, terms } in &self.labels {
            let variety = variety.map_or("-".to_owned(), |variety| variety.to_string());
            let _ = writeln!(out, "{name:44} {articles:8}  {least:9} {middle:8} {most:7}  {variety:>17}  {terms:14}");
        }
        let short: Vec<&str> = self.labels.iter().filter(|label| label.articles < ENOUGH).map(|label| label.name.as_str()).collect();
        if !short.is_empty() {
            let _ = writeln!(out, "\nFewer than {ENOUGH} articles: {}", short.join(", "));
        }
        for group in &self.near_duplicates {
            let _ = writeln!(out, "\nNearly the same, keep one: {}", group.join(", "));
        }
        let _ = writeln!(
            out,
            "\n{} runs of {FRAME} words stand in several articles{}",
            self.frames.len(),
            if self.frames.is_empty() { "" } else { ":" }
        );
        for SharedFrame { frame, articles } in self.frames.iter().take(NAMED) {
            let _ = writeln!(out, "  \"{}\": {}", &*Printable::new(frame), articles.join(", "));
        }
        out
    }
}

fn words<'a>(fields: Fields<'a>) -> Vec<(u64, &'a str)> {
    let mut words = Vec::new();
    for (_, text) in fields.iter() {
        tokens(text, |token| words.push((token.hash, token.surface(text))));
    }
    words
}

fn counts(seeds: &Seeds, words: &[Vec<(u64, &str)>]) -> Vec<LabelCount> {
    let mut counts = Vec::new();
    for (task_number, task) in seeds.taxonomy.tasks.iter().enumerate() {
        for (number, label) in task.labels.iter().enumerate() {
            let of: Vec<usize> =
                (0..words.len()).filter(|&article| seeds.articles[article].labels[task_number].contains(&number)).collect();
            let mut lengths: Vec<usize> = of.iter().map(|&article| words[article].len()).collect();
            lengths.sort_unstable();
            let length = |place: usize| lengths.get(place).copied().unwrap_or(0);
            let text: Vec<u64> = of.iter().flat_map(|&article| words[article].iter().map(|(hash, _)| *hash)).collect();
            let different: usize = text.chunks_exact(STRETCH).map(|stretch| stretch.iter().collect::<HashSet<_>>().len()).sum();
            let glossaries = seeds.glossaries.iter().filter(|glossary| (glossary.task, glossary.label) == (task_number, number));
            counts.push(LabelCount {
                name: format!("{} {}", task.name, label.name),
                articles: of.len(),
                words: [length(0), length(lengths.len() / 2), length(lengths.len().saturating_sub(1))],
                variety: different.checked_div(text.len() / STRETCH),
                terms: glossaries.map(|glossary| glossary.terms.len()).sum(),
            });
        }
    }
    counts
}

fn near_duplicates(seeds: &Seeds, path: impl Fn(usize) -> String) -> Vec<Vec<String>> {
    let fields: Vec<Fields> = seeds.articles.iter().map(|article| article.document.fields()).collect();
    let first_of = Sketches::new(&fields).groups();
    let mut groups: Vec<Vec<String>> = Vec::new();
    for first in 0..fields.len() {
        let group: Vec<usize> = (first..fields.len()).filter(|&article| first_of[article] as usize == first).collect();
        if group.len() > 1 {
            groups.push(group.into_iter().map(&path).collect());
        }
    }
    groups
}

/// The runs of words in several articles; of runs that overlap in the same articles, the first.
fn frames(words: &[Vec<(u64, &str)>], path: impl Fn(usize) -> String) -> Vec<SharedFrame> {
    let run = |window: &[(u64, &str)]| window.iter().map(|(word, _)| *word).reduce(hash::extend).unwrap_or_default();
    let mut articles_of: HashMap<u64, Vec<usize>> = HashMap::new();
    for (article, words) in words.iter().enumerate() {
        for window in words.windows(FRAME) {
            let articles = articles_of.entry(run(window)).or_default();
            if articles.last() != Some(&article) {
                articles.push(article);
            }
        }
    }
    let mut found: Vec<SharedFrame> = Vec::new();
    let mut told: HashSet<&[usize]> = HashSet::new();
    for (article, words) in words.iter().enumerate() {
        for window in words.windows(FRAME) {
            let Some(articles) = articles_of.get(&run(window)) else { continue };
            if articles.len() > 1 && articles[0] == article && told.insert(articles) {
                let frame = window.iter().map(|(_, surface)| *surface).collect::<Vec<_>>().join(" ");
                found.push(SharedFrame { frame, articles: articles.iter().map(|&article| path(article)).collect() });
            }
        }
    }
    found.sort_by_key(|frame| std::cmp::Reverse(frame.articles.len()));
    found
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    const TAXONOMY: &str = include_str!("../../tests/small-seeds/taxonomy.toml");

    fn check(articles: &[(&str, &str)]) -> SeedCheck {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("taxonomy.toml"), TAXONOMY).unwrap();
        let label = Seeds::load(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/small-seeds"))).unwrap().taxonomy.tasks[0]
            .labels[0]
            .name
            .clone();
        let into = folder.path().join("articles").join(&label);
        fs::create_dir_all(&into).unwrap();
        for (name, text) in articles {
            let front = format!("+++\ntitle = \"{name}\"\ntopic = \"{label}\"\ntone = []\n+++\n");
            fs::write(into.join(format!("{name}.md")), front + text).unwrap();
        }
        SeedCheck::new(&Seeds::load(folder.path()).unwrap())
    }

    #[test]
    fn a_sentence_frame_in_two_articles_is_named_once() {
        let found = check(&[
            ("one", "Nobody in the village knows why the bell rang at night, and the priest will not say."),
            ("two", "Nobody in the village knows why the well ran dry."),
            ("three", "The ferry sails at noon with goats, mail and a piano on its deck."),
        ]);
        assert_eq!(found.frames.len(), 1);
        assert_eq!(found.frames[0].frame, "Nobody in the village knows why");
        assert!(found.frames[0].articles[0].ends_with("one.md") && found.frames[0].articles[1].ends_with("two.md"));
        assert!(found.near_duplicates.is_empty());
        assert!(found.summary().contains("\"Nobody in the village knows why\""));
    }

    #[test]
    fn articles_that_are_nearly_the_same_are_named() {
        let text = "The council voted by nine to two to keep the ferry, after islanders had filled the hall and read out letters from their children. ";
        let found = check(&[("a", &text.repeat(2)), ("b", &(text.repeat(2) + "Boats sail."))]);
        assert_eq!(found.near_duplicates.len(), 1);
        assert_eq!(found.near_duplicates[0].len(), 2);
    }

    #[test]
    fn labels_are_counted_with_lengths_and_variety() {
        let many: String = (0..1500).map(|n| format!("word{} ", n % 500)).collect();
        let found = check(&[("a", "Two words more."), ("b", &many)]);
        let first = &found.labels[0];
        assert_eq!((first.articles, first.words[0], first.words[2]), (2, 3, 1500), "a title of one letter is no word");
        assert!(first.variety.is_some_and(|variety| (480..=520).contains(&variety)), "{:?}", first.variety);
        assert_eq!(found.labels[1].variety, None);
        assert!(found.summary().contains("Fewer than 60 articles"));
    }
}
