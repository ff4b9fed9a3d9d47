"""Stubs from our own proto files, and one real server for all tests.

SLUGLINE_BIN says which server to start, from the top of the checkout; by default its release build.
"""

import json
import os
import select
import signal
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get("SLUGLINE_BIN", "target/release/slugline")
START_SECONDS = 30
STOP_SECONDS = 15

# A call that hangs shall fail its own test, and not hold up the others.
DEADLINES = [("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "timeout": "30s"}]}))]

stubs_folder = tempfile.TemporaryDirectory(prefix="slugline-stubs-")


def pytest_configure():
    """Generates the stubs before any test module, which import them, is read."""
    protos = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto/slugline").rglob("*.proto"))
    out = stubs_folder.name
    google = sysconfig.get_path("purelib")  # google/rpc/status.proto, of googleapis-common-protos
    bundled = str(Path(protoc.__file__).parent / "_proto")  # google/protobuf
    code = protoc.main(
        ["protoc", f"-I{ROOT / 'proto'}", f"-I{google}", f"-I{bundled}", f"--python_out={out}", f"--grpc_python_out={out}", *protos]
    )
    if code != 0:
        pytest.exit("the stubs could not be generated", returncode=2)
    sys.path.insert(0, out)


def pytest_unconfigure():
    stubs_folder.cleanup()


class Server:
    """A running `slugline serve`."""

    def __init__(self, process, address):
        self.process = process
        self.address = address

    def stop(self, by=signal.SIGTERM):
        """Asks the server to stop, waits until it has, and returns its exit code."""
        self.process.send_signal(by)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def running_server():
    """Starts a server on a free port, and kills it should it still run at the end."""
    if not BINARY.exists():
        pytest.fail(f"{BINARY} does not exist: run `cargo build --release`, or name a server in SLUGLINE_BIN")
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield Server(process, address_announced_by(process, log))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def address_announced_by(process, log):
    """Reads `listening on ADDRESS`, which the server prints as soon as it listens."""
    announced = select.select([process.stdout], [], [], START_SECONDS)[0]
    line = process.stdout.readline() if announced else ""
    if not line.startswith("listening on 127.0.0.1:"):
        process.kill()
        process.wait()
        log.seek(0)
        pytest.fail(f"the server said {line!r} in place of its address. Its log:\n{log.read()}")
    return line.removeprefix("listening on ").strip()


def wait_until_serving(channel, service):
    """Follows the health of a service until it is SERVING."""
    watch = health_pb2_grpc.HealthStub(channel).Watch(
        health_pb2.HealthCheckRequest(service=service), timeout=START_SECONDS, wait_for_ready=True
    )
    for answer in watch:
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            watch.cancel()
            return
    pytest.fail(f"the server never said that {service!r} is SERVING")


@contextmanager
def serving_server():
    """A server that is ready to answer, with a channel to it."""
    with running_server() as server, grpc.insecure_channel(server.address, DEADLINES) as channel:
        wait_until_serving(channel, "")
        wait_until_serving(channel, "slugline.v1.ClassificationService")
        yield server, channel


@pytest.fixture(scope="session")
def channel():
    """A channel to the server that all tests share. At the end that server must stop cleanly."""
    with serving_server() as (server, channel):
        yield channel
        channel.close()
        assert server.stop() == 0, "the server did not stop cleanly on SIGTERM"


@pytest.fixture
def own_server():
    """A server, and a channel to it, for a test that stops it."""
    with serving_server() as pair:
        yield pair


@pytest.fixture
def start_server():
    """Starts servers, for a test that watches them start: `with start_server() as (server, channel)`."""
    return serving_server


@pytest.fixture(scope="session")
def classifier(channel):
    from slugline.v1.classification_service_pb2_grpc import ClassificationServiceStub

    return ClassificationServiceStub(channel)


@pytest.fixture(scope="session")
def models(channel):
    from slugline.v1.model_service_pb2_grpc import ModelServiceStub

    return ModelServiceStub(channel)


@pytest.fixture(scope="session")
def classify(classifier):
    """Classifies one document: `classify(document, tasks=["topic"])` gives its `Classification`."""
    from slugline.v1.classification_service_pb2 import ClassificationOptions, ClassifyDocumentRequest

    def call(document, **options):
        request = ClassifyDocumentRequest(document=document, options=ClassificationOptions(**options))
        return classifier.ClassifyDocument(request).classification

    return call


@pytest.fixture(scope="session")
def model_version(models):
    """The model version that answers where a request names none."""
    from slugline.v1.model_service_pb2 import GetModelRequest

    return models.GetModel(GetModelRequest()).version
