"""grpc.health.v1, and how a server stops."""

import signal

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
def health(channel):
    return health_pb2_grpc.HealthStub(channel)


@pytest.mark.parametrize("service", ["", "slugline.v1.ClassificationService", "slugline.v1.ModelService"])
def test_check_says_that_the_services_serve(health, service):
    assert health.Check(health_pb2.HealthCheckRequest(service=service)).status == SERVING


def test_watch_tells_the_state_at_once(health):
    watch = health.Watch(health_pb2.HealthCheckRequest(service="slugline.v1.ClassificationService"))
    assert next(watch).status == SERVING
    watch.cancel()


def test_check_does_not_find_an_unknown_service(health):
    with pytest.raises(grpc.RpcError) as failure:
        health.Check(health_pb2.HealthCheckRequest(service="slugline.v1.HoroscopeService"))
    assert failure.value.code() == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=lambda by: by.name)
def test_a_signal_stops_the_server_cleanly_though_a_client_watches(own_server, by):
    server, channel = own_server
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
    assert next(watch).status == SERVING
    assert server.stop(by) == 0
