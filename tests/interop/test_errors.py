"""What is wrong with a request is said in a way that programs can read."""

import re

import articles
import grpc
import pytest
from errors import refusal
from slugline.v1.classification_service_pb2 import ClassificationOptions, ClassifyDocumentRequest
from slugline.v1.document_pb2 import Document

MEBIBYTE = 2**20


def with_options(**options):
    return ClassifyDocumentRequest(document=articles.ASYLUM, options=ClassificationOptions(**options))


def with_document(**document):
    return ClassifyDocumentRequest(document=Document(**document))


WRONG = {
    "no document": ("document", ClassifyDocumentRequest()),
    "empty document": ("document", with_document(id="empty")),
    "blank document": ("document", ClassifyDocumentRequest(document=articles.BLANK)),
    "content over 1 MiB": ("document.content", with_document(content="a" * (MEBIBYTE + 1))),
    "content over 1 MiB in bytes, not in characters": ("document.content", with_document(content="é" * (MEBIBYTE // 2 + 1))),
    "language code of words": ("document.language_code", with_document(content="News.", language_code="the English language")),
    "language code of digits": ("document.language_code", with_document(content="News.", language_code="12")),
    "unknown model": ("options.model_version", with_options(model_version="models/weather")),
    "unknown version": ("options.model_version", with_options(model_version="models/news/versions/999999")),
    "unknown alias": ("options.model_version", with_options(model_version="models/news/versions/no-such-alias")),
    "no resource name": ("options.model_version", with_options(model_version="news")),
    "unknown task": ("options.tasks[0]", with_options(tasks=["mood"])),
    "unknown second task": ("options.tasks[1]", with_options(tasks=["topic", "mood"])),
    "probability above 1": ("options.min_probability", with_options(min_probability=1.5)),
    "probability below 0": ("options.min_probability", with_options(min_probability=-0.1)),
    "probability that is no number": ("options.min_probability", with_options(min_probability=float("nan"))),
    "infinite probability": ("options.min_probability", with_options(min_probability=float("inf"))),
    "negative number of labels": ("options.max_labels", with_options(max_labels=-1)),
    "negative number of pieces of evidence": ("options.max_evidence", with_options(max_evidence=-1)),
    "unknown label to explain": ("options.explain_labels[0]", with_options(explain_labels=["topic/gossip"])),
    "unknown task to explain": ("options.explain_labels[0]", with_options(explain_labels=["mood/cheerful"])),
    "label to explain without its task": ("options.explain_labels[1]", with_options(explain_labels=["topic/sport", "humanitarian"])),
    "unknown evidence level": ("options.evidence", with_options(evidence=99)),
    "unknown encoding": ("options.encoding_type", with_options(encoding_type=-1)),
}


@pytest.mark.parametrize("field, request_", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_request_names_its_wrong_field(classifier, field, request_):
    error = refusal(classifier.ClassifyDocument, request_)
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT
    assert error.message
    assert error.domain == "slugline"
    assert re.fullmatch(r"[A-Z][A-Z0-9_]*[A-Z0-9]", error.reason)
    assert list(error.violations) == [field]
    assert error.violations[field]


def test_a_document_that_is_too_long_is_told_the_limit(classifier):
    error = refusal(classifier.ClassifyDocument, with_document(content="a" * (MEBIBYTE + 1)))
    assert re.search(r"1 MiB|1,?048,?576", error.message)


@pytest.mark.parametrize("name, value", [("unknown model", "models/weather"), ("unknown task", "mood"), ("unknown label to explain", "gossip")])
def test_an_unknown_name_is_quoted_in_the_message(classifier, name, value):
    assert value in refusal(classifier.ClassifyDocument, WRONG[name][1]).message


def test_the_server_answers_after_all_those_errors(classify):
    assert classify(articles.RATES).tasks
