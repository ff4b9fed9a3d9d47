"""BatchClassifyDocuments."""

import articles
import grpc
import pytest
from errors import refusal, refusal_in
from slugline.v1.classification_service_pb2 import EVIDENCE_LEVEL_TERMS, BatchClassifyDocumentsRequest, ClassificationOptions
from slugline.v1.document_pb2 import Document


@pytest.fixture
def batch(classifier):
    def call(documents, **options):
        request = BatchClassifyDocumentsRequest(documents=documents, options=ClassificationOptions(**options))
        return list(classifier.BatchClassifyDocuments(request).results)

    return call


def test_results_come_in_the_order_of_the_documents(batch):
    documents = [articles.FOOTBALL, articles.ASYLUM, articles.GERMAN, articles.RATES]
    assert [result.classification.document_id for result in batch(documents)] == ["football", "asylum", "german", "rates"]


def test_the_order_holds_for_a_thousand_documents(batch):
    documents = [Document(id=str(number), title=articles.RATES.title) for number in range(1000)]
    assert [result.classification.document_id for result in batch(documents)] == [document.id for document in documents]


def test_a_document_gets_the_same_answer_as_alone(batch, classify):
    documents = [articles.ASYLUM, articles.UNICODE, articles.GERMAN, articles.INVENTED]
    for options in ({}, {"tasks": ["stance"], "max_labels": 2, "evidence": EVIDENCE_LEVEL_TERMS}):
        alone = [classify(document, **options) for document in documents]
        assert [result.classification for result in batch(documents, **options)] == alone


def test_a_document_that_can_not_be_classified_fails_alone(batch, classify):
    first, failed, last = batch([articles.ASYLUM, articles.BLANK, articles.RATES])
    assert first.classification == classify(articles.ASYLUM)
    assert last.classification == classify(articles.RATES)
    assert failed.WhichOneof("outcome") == "error"
    reason = refusal_in(failed.error)
    assert reason.code == grpc.StatusCode.INVALID_ARGUMENT
    assert reason.domain == "slugline"
    assert reason.message
    assert len(reason.violations) == 1


def test_a_batch_of_failures_is_answered(batch):
    assert [result.WhichOneof("outcome") for result in batch([articles.BLANK] * 3)] == ["error"] * 3


def test_wrong_options_fail_the_whole_call(batch):
    error = refusal(batch, [articles.ASYLUM], tasks=["mood"])
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT
    assert list(error.violations) == ["options.tasks[0]"]


def test_an_empty_batch_is_refused(batch):
    error = refusal(batch, [])
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT
    assert error.domain == "slugline"
    assert list(error.violations) == ["documents"]
