"""Spans of OTLP/JSON as lines of a log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.config.errors import ConfigError
from sim.measured.files import read_log
from sim.measured.line import End

START_NS = 1_772_436_600_000_000_000  # 2026-03-02 07:30 UTC


def span(name: str, id: str, parent: str = "", *, kind: int, at: float, lasts: float, **more: Any) -> dict[str, Any]:  # noqa: A002
    attributes = [{"key": key.replace("__", "."), "value": value} for key, value in more.pop("attributes", {}).items()]
    begin = START_NS + round(at * 1e9)
    return {
        "traceId": "t1", "spanId": id, "parentSpanId": parent, "name": name, "kind": kind,
        "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + round(lasts * 1e9)), "attributes": attributes, **more,
    }  # fmt: skip


def text(value: str) -> dict[str, str]:
    return {"stringValue": value}


def whole(value: int) -> dict[str, str]:
    return {"intValue": str(value)}


PAYMENT = [
    span("POST /orders", "app", kind=3, at=0, lasts=0.6, attributes={"http.response.status_code": whole(201)}),
    span("POST /orders", "shop", "app", kind=2, at=50, lasts=0.55, attributes={"order.id": text("o1")}),
    span("work", "inner", "shop", kind=1, at=50.01, lasts=0.5),
    span("charge", "call", "inner", kind=3, at=50.02, lasts=0.4,
         attributes={"server.address": text("api.pay.example"), "http.response.status_code": whole(402)}),
    span("INSERT", "db", "inner", kind=3, at=50.5, lasts=0.01, attributes={"db.system": text("postgresql")}),
]  # fmt: skip


def export(*spans: Any) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(spans)}]}]}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*documents: Any, indent: int | None = None) -> Path:
        path = tmp_path / "spans.json"
        path.write_text("\n".join(json.dumps(each, indent=indent) for each in documents), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("indent", [None, 2])
def test_a_payment(indent: int | None, write: Callable[..., Path]) -> None:
    """The app's span is a request, the server's is handled, the provider's a call; the database's is none of them."""
    log = read_log([write(export(*PAYMENT), indent=indent)])
    [request], [handled], [call] = log.requests, log.handled, log.calls
    assert (request.start_s, request.duration_s, request.end) == (pytest.approx(27000), pytest.approx(0.6), End.OK)
    assert (handled.duration_s, handled.purchase) == (pytest.approx(0.55), "o1")
    assert (call.duration_s, call.end, call.purchase) == (pytest.approx(0.4), End.DECLINED, "o1")
    assert request.id == handled.id == call.id


def test_an_export_a_line(write: Callable[..., Path]) -> None:
    """As a collector's file exporter writes them; a trace may be spread over lines."""
    log = read_log([write(export(*PAYMENT[:2]), export(*PAYMENT[2:]))])
    assert (len(log.requests), len(log.handled), len(log.calls)) == (1, 1, 1)
    assert log.calls[0].id == log.requests[0].id


@pytest.mark.parametrize(
    ("attributes", "status", "end"),
    [
        ({"http.status_code": whole(503)}, {}, End.FAILED),
        ({"http.response.status_code": whole(500)}, {"code": 2}, End.ERROR),
        ({"error.type": text("TimeoutError")}, {"code": 2}, End.TIMEOUT),
        ({}, {"code": "STATUS_CODE_ERROR", "message": "context deadline exceeded"}, End.TIMEOUT),
        ({}, {"code": 2, "message": "request canceled"}, End.CANCELLED),
        ({}, {"code": 2}, End.ERROR),
        ({"rpc.grpc.status_code": whole(4)}, {"code": 2}, End.TIMEOUT),
        ({"outcome": text("captured"), "http.status_code": whole(500)}, {}, End.OK),
        ({}, {"code": 1}, End.OK),
        ({}, {}, End.OK),
    ],
)
def test_how_a_call_ended(attributes: dict[str, Any], status: dict[str, Any], end: End, write: Callable[..., Path]) -> None:
    """By an attribute of yours, the HTTP or gRPC status, the error's words, or the span's own status."""
    call = span("charge", "call", "shop", kind=3, at=1, lasts=1, attributes=attributes, status=status)
    [found] = read_log([write(export(PAYMENT[1], call))]).calls
    assert found.end is end


def test_which_service_is_the_provider(write: Callable[..., Path]) -> None:
    """With calls to two services one has to say which; a name that none has is an error."""
    other = span("award", "points", "shop", kind=3, at=50.1, lasts=0.1, attributes={"server.address": text("points.example")})
    path = write(export(*PAYMENT, other))
    with pytest.raises(ConfigError, match=r"several services: .*points.example.*--provider"):
        read_log([path])
    assert [call.end for call in read_log([path], provider="pay.example").calls] == [End.DECLINED]
    with pytest.raises(ConfigError, match="provider: no span goes to stripe"):
        read_log([path], provider="stripe")


def test_circles_of_parents(write: Callable[..., Path]) -> None:
    """Spans that are each other's parents, or their own, end nobody's patience."""
    one, two = (span("x", a, b, kind=3, at=0, lasts=1) for a, b in (("a", "b"), ("b", "a")))
    own = span("x", "c", "c", kind=2, at=0, lasts=1)
    log = read_log([write(export(one, two, own))])
    assert (len(log.requests), len(log.handled), len(log.calls)) == (2, 1, 0)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"resourceSpans": 5}, "a list resourceSpans"),
        ({"resourceSpans": [7]}, r"resourceSpans\[0\]"),
        ({"resourceSpans": [{"scopeSpans": {}}]}, "a list scopeSpans"),
        (export(3), r"spans\[0\]: expected an object"),
        (export({**PAYMENT[0], "startTimeUnixNano": "soon"}), "startTimeUnixNano: expected nanoseconds"),
        (export({**PAYMENT[0], "startTimeUnixNano": None}), "startTimeUnixNano: expected nanoseconds"),
        (export({**PAYMENT[0], "startTimeUnixNano": "9" * 40}), "startTimeUnixNano: expected nanoseconds"),
        (export({**PAYMENT[0], "endTimeUnixNano": "1"}), "endTimeUnixNano: expected a time from the start"),
        (export({**PAYMENT[0], "traceId": 5}), "the texts traceId and spanId"),
        (export({**PAYMENT[0], "attributes": [1]}), r"attributes\[0\]"),
        (export({**PAYMENT[0], "status": 3}), r"spans\[0\].status"),
        (export({**PAYMENT[0], "attributes": [{"key": "outcome", "value": {"stringValue": "maybe"}}]}), "outcome or status"),
        (export(), "no requests and no calls"),
    ],
)
def test_what_is_no_span(document: Any, says: str, write: Callable[..., Path]) -> None:
    """Each error names the file and the place in it."""
    path = write(document)
    with pytest.raises(ConfigError, match=says) as error:
        read_log([path])
    assert str(error.value).startswith(str(path))
