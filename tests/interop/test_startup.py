"""How soon a server answers, and how much memory it takes then, with the default model."""

import time
from pathlib import Path

STARTS = 5
MILLISECONDS_TO_SERVING = 200
RESIDENT_MEGABYTES = 60


def milliseconds_to_serving(start_server):
    began = time.monotonic()
    with start_server():
        return 1000 * (time.monotonic() - began)


def test_a_server_serves_soon_after_its_start(start_server):
    # The best of a few, because what else the machine does is not the server's fault. This client's own time is counted in.
    assert min(milliseconds_to_serving(start_server) for _ in range(STARTS)) < MILLISECONDS_TO_SERVING


def test_a_serving_server_is_small(own_server):
    server, _ = own_server
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (kilobytes,) = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")]
    assert kilobytes / 1024 < RESIDENT_MEGABYTES
