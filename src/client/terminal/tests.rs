//! What a person sees, as a whole.

use std::io::Write as _;

use super::*;

fn label(name: &str, display_name: &str, probability: f32, selected: bool) -> v1::LabelClassification {
    v1::LabelClassification { name: name.into(), display_name: display_name.into(), probability, selected, ..Default::default() }
}

fn document() -> Document {
    Document {
        id: "a17".into(),
        title: "Boat with 300 people sinks off Lampedusa as ministers argue over who should have come to help".into(),
        text: "A fishing boat with more than 300 people aboard sank off Lampedusa on Tuesday night. Volunteers pulled exhausted children \
               from the water while the coast guard was still an hour away.\n\nThe interior ministry said the boat had been followed by \
               smugglers for days and spoke of a threat to the border. A court in Agrigento has opened an inquiry.\n\nShops on the island \
               stayed closed."
            .into(),
        language: None,
    }
}

fn answer() -> v1::Classification {
    let topic = vec![
        label("society/migration", "Migration", 0.62, true),
        label("politics", "Politics", 0.21, false),
        label("society", "Society", 0.1, false),
        label("disaster", "Disaster, accident and emergency incident", 0.05, false),
        label("crime", "Crime, law and justice", 0.016, false),
        label("sport", "Sport", 0.004, false),
    ];
    let stance = vec![
        label("humanitarian", "Humanitarian", 0.92, true),
        label("security_risk", "Security risk", 0.55, true),
        label("legal", "Legal", 0.1, false),
        label("economic", "Economic", 0.004, false),
    ];
    v1::Classification {
        model_version: "models/news/versions/3".into(),
        language_code: "en".into(),
        language_supported: true,
        tasks: vec![
            v1::TaskClassification { task: "topic".into(), labels: topic, ..Default::default() },
            v1::TaskClassification { task: "stance".into(), labels: stance, ..Default::default() },
        ],
        ..Default::default()
    }
}

/// What `text`, which stands in the document, contributed.
fn sentence(document: &Document, text: &str, contribution: f32) -> v1::SentenceEvidence {
    let (field, begin) = match document.title.find(text) {
        Some(begin) => (v1::DocumentField::Title, begin),
        None => (v1::DocumentField::Content, document.text.find(text).unwrap()),
    };
    let span = v1::TextSpan { field: field.into(), begin_offset: begin as i32, end_offset: (begin + text.len()) as i32 };
    v1::SentenceEvidence { span: Some(span), text: text.into(), contribution }
}

fn term(text: &str, contribution: f32) -> v1::TermEvidence {
    v1::TermEvidence { term: text.to_lowercase(), text: text.into(), contribution, ..Default::default() }
}

fn explained() -> v1::Classification {
    let document = document();
    let volunteers = "Volunteers pulled exhausted children from the water while the coast guard was still an hour away.";
    let ministry = "The interior ministry said the boat had been followed by smugglers for days and spoke of a threat to the border.";
    let mut answer = answer();
    answer.tasks[1].evidence = vec![
        v1::LabelEvidence {
            label: "humanitarian".into(),
            score: 2.44,
            intercept: -1.2,
            sentences: vec![
                sentence(&document, volunteers, 2.31),
                sentence(&document, &document.title, 1.05),
                sentence(&document, ministry, -0.48),
            ],
            other_sentences: 0.76,
            ..Default::default()
        },
        v1::LabelEvidence {
            label: "security_risk".into(),
            score: 0.2,
            intercept: -1.75,
            sentences: vec![
                sentence(&document, ministry, 1.62),
                sentence(&document, volunteers, 0.34),
                sentence(&document, "A court in Agrigento has opened an inquiry.", 0.01),
            ],
            other_sentences: -0.02,
            ..Default::default()
        },
    ];
    answer
}

fn with_terms() -> v1::Classification {
    let mut answer = explained();
    answer.tasks[1].evidence[0].terms = vec![
        term("Volunteers", 0.91),
        term("exhausted children", 0.62),
        term("smugglers", -0.33),
        term("from the water", 0.21),
        term("coast guard", -0.12),
        term("Lampedusa", 0.11),
    ];
    answer
}

fn abstained() -> v1::Classification {
    let mut answer = answer();
    answer.language_code = "de".into();
    answer.language_supported = false;
    for task in &mut answer.tasks {
        let detail = "the document seems to be in German, and the model was trained for English alone".into();
        let reason = v1::AbstentionReason::UnsupportedLanguage.into();
        task.abstention = Some(v1::Abstention { reason, detail });
        task.labels.iter_mut().for_each(|label| label.selected = false);
    }
    answer
}

fn coloured(document: &Document, answer: &v1::Classification, width: usize) -> String {
    let mut out = Vec::new();
    render(&mut out, document, answer, Style { width }).unwrap();
    String::from_utf8(out).unwrap()
}

fn shown(document: &Document, answer: &v1::Classification, width: usize) -> String {
    let mut stripped = anstream::StripStream::new(Vec::new());
    stripped.write_all(coloured(document, answer, width).as_bytes()).unwrap();
    String::from_utf8(stripped.into_inner()).unwrap()
}

#[test]
fn look() {
    for width in [60, 100, 40] {
        println!("{}", coloured(&document(), &with_terms(), width));
        println!("{}", coloured(&document(), &abstained(), width));
    }
}
