"""StreamClassifyDocuments."""

import queue

import articles
import grpc
import pytest
from errors import refusal_in
from slugline.v1.classification_service_pb2 import EVIDENCE_LEVEL_SENTENCES, ClassificationOptions, StreamClassifyDocumentsRequest

STREAM_SECONDS = 30


def ask(request_id, document, **options):
    request = StreamClassifyDocumentsRequest(request_id=request_id, document=document)
    if options:
        request.options.CopyFrom(ClassificationOptions(**options))
    return request


@pytest.fixture
def stream(classifier):
    """Sends all requests, and gives all answers."""
    return lambda requests: list(classifier.StreamClassifyDocuments(iter(requests), timeout=STREAM_SECONDS))


def test_answers_carry_the_id_of_their_request_in_its_order(stream):
    documents = {"b": articles.RATES, "a": articles.ASYLUM, "": articles.FOOTBALL}
    answers = stream(ask(request_id, document) for request_id, document in documents.items())
    assert [(answer.request_id, answer.classification.document_id) for answer in answers] == [
        ("b", "rates"),
        ("a", "asylum"),
        ("", "football"),
    ]


def test_a_document_gets_the_same_answer_as_alone(stream, classify):
    documents = [articles.ASYLUM, articles.UNICODE, articles.GERMAN, articles.INVENTED]
    answers = stream(ask(document.id, document) for document in documents)
    assert [answer.classification for answer in answers] == [classify(document) for document in documents]


def test_an_answer_comes_before_the_stream_is_closed(classifier):
    requests = queue.SimpleQueue()
    answers = classifier.StreamClassifyDocuments(iter(requests.get, None), timeout=STREAM_SECONDS)
    for number in range(3):
        requests.put(ask(str(number), articles.RATES))
        assert next(answers).request_id == str(number)
    requests.put(None)
    assert next(answers, "end") == "end"
    assert answers.code() == grpc.StatusCode.OK


def test_a_document_that_can_not_be_classified_fails_alone(stream, classify):
    first, failed, last = stream([ask("1", articles.ASYLUM), ask("2", articles.BLANK), ask("3", articles.RATES)])
    assert first.classification == classify(articles.ASYLUM)
    assert (failed.request_id, failed.WhichOneof("outcome")) == ("2", "error")
    reason = refusal_in(failed.error)
    assert reason.code == grpc.StatusCode.INVALID_ARGUMENT
    assert reason.domain == "slugline"
    assert list(reason.violations) == ["document"]
    assert (last.request_id, last.classification) == ("3", classify(articles.RATES))


def test_options_hold_until_others_are_set(stream, classify):
    answers = stream(
        [
            ask("all", articles.ASYLUM),
            ask("stance", articles.ASYLUM, tasks=["stance"], evidence=EVIDENCE_LEVEL_SENTENCES),
            ask("still stance", articles.RATES),
            ask("topic", articles.ASYLUM, tasks=["topic"]),
            ask("still topic", articles.RATES),
        ]
    )
    assert [answer.classification for answer in answers] == [
        classify(articles.ASYLUM),
        classify(articles.ASYLUM, tasks=["stance"], evidence=EVIDENCE_LEVEL_SENTENCES),
        classify(articles.RATES, tasks=["stance"], evidence=EVIDENCE_LEVEL_SENTENCES),
        classify(articles.ASYLUM, tasks=["topic"]),
        classify(articles.RATES, tasks=["topic"]),
    ]


def test_a_long_stream_is_answered_to_its_end(stream):
    count = 2000
    answers = stream(ask(str(number), articles.ASYLUM) for number in range(count))
    assert [answer.request_id for answer in answers] == [str(number) for number in range(count)]


def test_a_stream_without_requests_ends_at_once(stream):
    assert stream([]) == []
