"""Server reflection, v1 and v1alpha: a client without our proto files can find them out."""

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from slugline.v1 import classification_service_pb2, model_service_pb2

OURS = {"slugline.v1.ClassificationService", "slugline.v1.ModelService"}
BESIDES = {"grpc.health.v1.Health"}


@pytest.fixture
def database(channel):
    return ProtoReflectionDescriptorDatabase(channel)


@pytest.fixture
def reflect_v1(channel):
    """Asks by v1, whose messages are those of v1alpha on the wire."""
    call = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )

    def ask(**request):
        (answer,) = call(iter([reflection_pb2.ServerReflectionRequest(**request)]))
        return answer

    return ask


def test_v1alpha_lists_the_services(database):
    assert set(database.get_services()) >= OURS | BESIDES


@pytest.mark.parametrize("ours", [classification_service_pb2, model_service_pb2], ids=lambda module: module.DESCRIPTOR.name)
def test_v1alpha_describes_the_services_as_we_know_them(database, ours):
    pool = DescriptorPool(database)
    for name, service in ours.DESCRIPTOR.services_by_name.items():
        described = descriptor_pb2.ServiceDescriptorProto()
        pool.FindServiceByName(f"slugline.v1.{name}").CopyToProto(described)
        expected = descriptor_pb2.ServiceDescriptorProto()
        service.CopyToProto(expected)
        assert described == expected


def test_v1alpha_finds_every_file_that_ours_import(database):
    pool = DescriptorPool(database)
    for name in ("slugline/v1/document.proto", "slugline/v1/classification.proto", "google/rpc/status.proto", "google/protobuf/any.proto"):
        assert pool.FindFileByName(name).name == name


def test_v1_lists_the_services(reflect_v1):
    listed = reflect_v1(list_services="").list_services_response.service
    assert {service.name for service in listed} >= OURS | BESIDES


def test_v1_finds_the_file_of_a_symbol(reflect_v1):
    answer = reflect_v1(file_containing_symbol="slugline.v1.ClassificationService")
    files = [descriptor_pb2.FileDescriptorProto.FromString(file) for file in answer.file_descriptor_response.file_descriptor_proto]
    assert "slugline/v1/classification_service.proto" in [file.name for file in files]
