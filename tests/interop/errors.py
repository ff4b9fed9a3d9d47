"""What a refused request says."""

from dataclasses import dataclass

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass
class Refusal:
    code: grpc.StatusCode
    message: str
    domain: str
    reason: str
    violations: dict[str, str]
    """Field to description."""


def refusal(call, *arguments, **keywords):
    """Makes a call that must fail, and returns how it did."""
    with pytest.raises(grpc.RpcError) as failure:
        call(*arguments, **keywords)
    status = rpc_status.from_call(failure.value)
    assert status is not None, f"the error carries no google.rpc.Status: {failure.value}"
    return refusal_in(status)


def refusal_in(status):
    """Reads a google.rpc.Status, as it comes with a failed call or inside of an answer."""
    infos = details(status, error_details_pb2.ErrorInfo)
    assert len(infos) == 1, f"an error carries exactly one ErrorInfo, this one {len(infos)}: {status}"
    violations = {
        violation.field: violation.description for bad in details(status, error_details_pb2.BadRequest) for violation in bad.field_violations
    }
    code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
    return Refusal(code, status.message, infos[0].domain, infos[0].reason, violations)


def details(status, kind):
    """The details of one kind, unpacked."""
    found = []
    for detail in status.details:
        if detail.Is(kind.DESCRIPTOR):
            message = kind()
            detail.Unpack(message)
            found.append(message)
    return found
