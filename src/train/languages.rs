//! The language of a training file, found out so that a model can abstain from others.

use crate::{
    features::TfIdfVectorizer,
    text::{
        Fields,
        language::{UNDETERMINED, identify},
    },
};

/// How many documents are looked at, evenly spaced.
const SAMPLE: usize = 2000;
/// The share, in hundredths, of documents whose language can be told that must be in one and the same. Quotations, names and mistakes of the
/// detector make the rest.
const NEARLY_ALL: usize = 95;

/// The one language that nearly all documents are in, as a BCP-47 code; none where there is no such language, or where for more than half
/// of the documents none can be told. `vectorizer` knows the documents' words.
pub(super) fn dominant_language(texts: &[Vec<Fields>], vectorizer: &TfIdfVectorizer) -> Option<&'static str> {
    let mut scratch = vectorizer.scratch();
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut looked_at = 0;
    for document in texts.iter().step_by(texts.len().div_ceil(SAMPLE).max(1)).filter_map(|fields| fields.first()) {
        vectorizer.transform_one(*document, &mut scratch);
        let code = identify(document.title, document.text, scratch.screen(), false);
        looked_at += 1;
        match counts.iter_mut().find(|(known, _)| *known == code) {
            _ if code == UNDETERMINED => {}
            Some((_, count)) => *count += 1,
            None => counts.push((code, 1)),
        }
    }
    let told: usize = counts.iter().map(|(_, count)| count).sum();
    let (code, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count * 100 >= NEARLY_ALL * told && told * 2 > looked_at).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::TfIdfVectorizer;
    use linfa::ParamGuard;

    const ENGLISH: &str =
        "The council said on Friday that it would not close the library, because too many people had asked for it to stay open.";
    const GERMAN: &str = "Die Regierung hat am Dienstag beschlossen, dass die Steuern für kleine Betriebe nicht weiter steigen sollen.";

    fn of(english: usize, german: usize, tables: usize) -> Option<&'static str> {
        let texts =
            std::iter::repeat_n(ENGLISH, english).chain(std::iter::repeat_n(GERMAN, german)).chain(std::iter::repeat_n("12 34", tables));
        let texts: Vec<Vec<Fields>> = texts.map(|text| vec![Fields { title: "", text }]).collect();
        let (vectorizer, _) = TfIdfVectorizer::params().check().unwrap().fit(&texts).unwrap();
        dominant_language(&texts, &vectorizer)
    }

    #[test]
    fn one_language_is_named_if_nearly_all_documents_are_in_it() {
        assert_eq!(of(100, 0, 0), Some("en"));
        assert_eq!(of(0, 100, 10), Some("de"), "what can't be told does not count");
        assert_eq!(of(96, 4, 0), Some("en"));
        assert_eq!(of(90, 10, 0), None);
        assert_eq!(of(10, 0, 90), None, "too little can be told");
    }
}
