"""Evidence: it adds up to the score, and its offsets are exact in the unit that the caller asked for."""

import articles
import pytest
from slugline.v1.classification_service_pb2 import (
    EVIDENCE_LEVEL_NONE,
    EVIDENCE_LEVEL_SENTENCES,
    EVIDENCE_LEVEL_TERMS,
    EVIDENCE_LEVEL_UNSPECIFIED,
)
from slugline.v1.document_pb2 import (
    DOCUMENT_FIELD_CONTENT,
    DOCUMENT_FIELD_TITLE,
    ENCODING_TYPE_UNSPECIFIED,
    ENCODING_TYPE_UTF8,
    ENCODING_TYPE_UTF16,
    ENCODING_TYPE_UTF32,
    EncodingType,
)

DOCUMENTS = pytest.mark.parametrize("document", [articles.ASYLUM, articles.RATES, articles.UNICODE], ids=lambda document: document.id)
EXPLAINED = ["stance/humanitarian", "stance/security_risk", "topic/society/migration", "topic/sport"]


def all_evidence(classification):
    return [evidence for task in classification.tasks for evidence in task.evidence]


def cut(text, span, encoding):
    """The stretch of a text that a span names, cut as a caller with such strings would."""
    begin, end = span.begin_offset, span.end_offset
    if encoding == ENCODING_TYPE_UTF16:
        return text.encode("utf-16-le")[2 * begin : 2 * end].decode("utf-16-le")
    if encoding == ENCODING_TYPE_UTF32:
        return text[begin:end]
    return text.encode()[begin:end].decode()


def field_of(document, span):
    return {DOCUMENT_FIELD_TITLE: document.title, DOCUMENT_FIELD_CONTENT: document.content}[span.field]


@DOCUMENTS
def test_sentences_add_up_to_the_score(classify, document):
    evidence = all_evidence(classify(document, evidence=EVIDENCE_LEVEL_SENTENCES, explain_labels=EXPLAINED))
    assert len(evidence) >= len(EXPLAINED)
    for label in evidence:
        total = label.intercept + sum(sentence.contribution for sentence in label.sentences) + label.other_sentences
        assert total == pytest.approx(label.score, abs=1e-4), label.label


@DOCUMENTS
def test_terms_add_up_to_the_score(classify, document):
    evidence = all_evidence(classify(document, evidence=EVIDENCE_LEVEL_TERMS, explain_labels=EXPLAINED))
    assert len(evidence) >= len(EXPLAINED)
    for label in evidence:
        assert label.terms, label.label
        total = label.intercept + sum(term.contribution for term in label.terms) + label.other_terms
        assert total == pytest.approx(label.score, abs=1e-4), label.label


def test_terms_come_with_the_sentences(classify):
    by_sentences = all_evidence(classify(articles.ASYLUM, evidence=EVIDENCE_LEVEL_SENTENCES))
    by_terms = all_evidence(classify(articles.ASYLUM, evidence=EVIDENCE_LEVEL_TERMS))
    assert not any(label.terms for label in by_sentences)
    assert [list(label.sentences) for label in by_terms] == [list(label.sentences) for label in by_sentences]


@pytest.mark.parametrize("level", [EVIDENCE_LEVEL_UNSPECIFIED, EVIDENCE_LEVEL_NONE])
def test_none_is_given_where_none_is_asked_for(classify, level):
    assert not all_evidence(classify(articles.ASYLUM, evidence=level, explain_labels=EXPLAINED))


def test_the_evidence_explains_the_score_of_the_answer(classify):
    for task in classify(articles.ASYLUM, evidence=EVIDENCE_LEVEL_SENTENCES, explain_labels=EXPLAINED).tasks:
        scores = {label.name: label.score for label in task.labels}
        for evidence in task.evidence:
            assert evidence.score == pytest.approx(scores[evidence.label], abs=1e-5)


def test_selected_labels_are_explained(classify):
    for task in classify(articles.ASYLUM, evidence=EVIDENCE_LEVEL_SENTENCES).tasks:
        selected = {label.name for label in task.labels if label.selected}
        assert {evidence.label for evidence in task.evidence} == selected
        assert selected, task.task


def test_explain_labels_explains_others_besides(classify):
    topic, stance = classify(
        articles.RATES, evidence=EVIDENCE_LEVEL_SENTENCES, explain_labels=["topic/society/migration", "stance/humanitarian"]
    ).tasks
    assert {evidence.label for evidence in topic.evidence} == {topic.labels[0].name, "society/migration"}
    selected = {label.name for label in stance.labels if label.selected}
    assert {evidence.label for evidence in stance.evidence} == selected | {"humanitarian"}


def test_what_moved_the_score_most_comes_first(classify):
    for label in all_evidence(classify(articles.ASYLUM, evidence=EVIDENCE_LEVEL_TERMS)):
        for parts in (label.sentences, label.terms):
            sizes = [abs(part.contribution) for part in parts]
            assert sizes == sorted(sizes, reverse=True)


def test_max_evidence_keeps_the_sum(classify):
    full = classify(articles.ASYLUM, evidence=EVIDENCE_LEVEL_TERMS)
    short = classify(articles.ASYLUM, evidence=EVIDENCE_LEVEL_TERMS, max_evidence=2)
    for some, every in zip(all_evidence(short), all_evidence(full), strict=True):
        assert list(some.sentences) == list(every.sentences)[:2]
        assert list(some.terms) == list(every.terms)[:2]
        assert some.intercept + sum(s.contribution for s in some.sentences) + some.other_sentences == pytest.approx(some.score, abs=1e-4)
        assert some.intercept + sum(t.contribution for t in some.terms) + some.other_terms == pytest.approx(some.score, abs=1e-4)


@pytest.mark.parametrize(
    "encoding", [ENCODING_TYPE_UNSPECIFIED, ENCODING_TYPE_UTF8, ENCODING_TYPE_UTF16, ENCODING_TYPE_UTF32], ids=EncodingType.Name
)
@DOCUMENTS
def test_offsets_cut_the_text_out_of_its_field(classify, document, encoding):
    evidence = all_evidence(classify(document, evidence=EVIDENCE_LEVEL_TERMS, encoding_type=encoding, explain_labels=EXPLAINED))
    fields = set()
    for label in evidence:
        for sentence in label.sentences:
            assert cut(field_of(document, sentence.span), sentence.span, encoding) == sentence.text
            fields.add(sentence.span.field)
        for term in label.terms:
            first, *_ = term.occurrences
            assert cut(field_of(document, first), first, encoding) == term.text
            for occurrence in term.occurrences:
                assert cut(field_of(document, occurrence), occurrence, encoding).split()
    assert fields == {DOCUMENT_FIELD_TITLE, DOCUMENT_FIELD_CONTENT}


def test_the_unit_of_offsets_changes_nothing_else(classify):
    def without_offsets(encoding):
        answer = classify(articles.UNICODE, evidence=EVIDENCE_LEVEL_TERMS, encoding_type=encoding)
        for label in all_evidence(answer):
            for sentence in label.sentences:
                sentence.ClearField("span")
            for term in label.terms:
                term.ClearField("occurrences")
        return answer

    assert without_offsets(ENCODING_TYPE_UTF8) == without_offsets(ENCODING_TYPE_UTF16) == without_offsets(ENCODING_TYPE_UTF32)


def test_a_sentence_is_told_once(classify):
    for label in all_evidence(classify(articles.UNICODE, evidence=EVIDENCE_LEVEL_SENTENCES, explain_labels=EXPLAINED)):
        spans = sorted((s.span.field, s.span.begin_offset, s.span.end_offset) for s in label.sentences)
        for (field, _, end), (next_field, begin, _) in zip(spans, spans[1:]):
            assert field != next_field or end <= begin, label.label
