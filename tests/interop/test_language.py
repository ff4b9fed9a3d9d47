"""What language a document is in, and what follows from it."""

import articles
import pytest
from slugline.v1.classification_pb2 import ABSTENTION_REASON_UNKNOWN_VOCABULARY, ABSTENTION_REASON_UNSUPPORTED_LANGUAGE
from slugline.v1.document_pb2 import Document


def check_that_all_tasks_abstain(answer, reason):
    """Every task says why it selects nothing, and gives its probabilities all the same."""
    assert [task.task for task in answer.tasks] == ["topic", "stance"]
    for task in answer.tasks:
        assert task.abstention.reason == reason, task.task
        assert task.abstention.detail
        assert task.labels
        assert not any(label.selected for label in task.labels), task.task
    assert sum(label.probability for label in answer.tasks[0].labels) == pytest.approx(1, abs=1e-5)


def test_a_german_article_is_recognised_and_gets_no_label(classify):
    answer = classify(articles.GERMAN)
    assert answer.language_code == "de"
    assert not answer.language_supported
    check_that_all_tasks_abstain(answer, ABSTENTION_REASON_UNSUPPORTED_LANGUAGE)


def test_a_stated_language_is_believed(classify):
    stated = Document(title=articles.RATES.title, content=articles.RATES.content, language_code="de")
    answer = classify(stated)
    assert answer.language_code == "de"
    assert not answer.language_supported
    check_that_all_tasks_abstain(answer, ABSTENTION_REASON_UNSUPPORTED_LANGUAGE)


def test_a_regional_variety_of_a_supported_language_is_supported(classify):
    stated = Document(title=articles.RATES.title, content=articles.RATES.content, language_code="en-GB")
    answer = classify(stated)
    assert answer.language_code == "en-GB"
    assert answer.language_supported
    assert answer.tasks[0].labels[0].selected


def test_a_document_of_unknown_words_gets_no_label(classify):
    answer = classify(articles.INVENTED)
    assert answer.language_supported
    check_that_all_tasks_abstain(answer, ABSTENTION_REASON_UNKNOWN_VOCABULARY)
