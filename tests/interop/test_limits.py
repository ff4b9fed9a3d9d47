"""What a server refuses because it is too much, as clients in another language see it."""

import grpc
from errors import refusal
from slugline.v1.classification_service_pb2 import BatchClassifyDocumentsRequest, ClassifyDocumentRequest
from slugline.v1.document_pb2 import Document

MEGABYTE = 1 << 20


def test_a_message_that_is_too_long_is_resource_exhausted(classifier):
    error = refusal(classifier.ClassifyDocument, ClassifyDocumentRequest(document=Document(content="a" * (65 * MEGABYTE))))
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")
    assert str(64 * MEGABYTE) in error.message


def test_a_batch_is_given_up_when_its_deadline_passes(classifier, classify):
    documents = [Document(content="The minister spoke of the harbour. " * 25_000)] * 60
    error = grpc.StatusCode.OK
    try:
        classifier.BatchClassifyDocuments(BatchClassifyDocumentsRequest(documents=documents), timeout=0.05)
    except grpc.RpcError as failure:
        error = failure.code()
    assert error == grpc.StatusCode.DEADLINE_EXCEEDED
    assert classify(Document(content="The minister spoke.")).model_version


def test_a_method_that_is_not_there_is_unimplemented_with_a_reason(channel):
    divine = channel.unary_unary("/slugline.v1.ClassificationService/Divine", lambda message: message, lambda message: message)
    error = refusal(divine, b"")
    assert (error.code, error.reason) == (grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED")


def test_bytes_that_are_no_message_are_an_invalid_argument(channel):
    classify = channel.unary_unary("/slugline.v1.ClassificationService/ClassifyDocument", lambda message: message, lambda message: message)
    error = refusal(classify, b"\xff\xff\xff\xff")
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_MESSAGE")
