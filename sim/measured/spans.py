"""Spans of OTLP/JSON, as an OpenTelemetry collector's file exporter writes them, read as lines of a log.

A client span with no server's span above it is a request of the app; a server span is that request at the checkout; a client
span below a server's is a call, unless it goes to a database or a broker. The names of the attributes are those of
OpenTelemetry's semantic conventions, the older ones included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.config.errors import ArgumentError, ConfigError, nearest
from sim.measured.line import End, Kind, Line
from sim.measured.spellings import end_of
from sim.measured.times import LATEST_S

CLIENT, SERVER = (3, "SPAN_KIND_CLIENT"), (2, "SPAN_KIND_SERVER")
FAILED_STATUS = (2, "STATUS_CODE_ERROR")
HTTP_STATUS = ("http.response.status_code", "http.status_code")
GRPC_STATUS: dict[int, End] = {
    0: End.OK, 1: End.CANCELLED, 4: End.TIMEOUT, 8: End.FAILED, 14: End.FAILED,
}  # fmt: skip  # grpc/status.md: OK, CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE
PEERS = ("server.address", "peer.service", "net.peer.name", "url.full", "http.url")
NOT_A_CALL = ("db.system", "db.system.name", "messaging.system")
PURCHASES = ("purchase.id", "cart.id", "order.id", "purchase", "cart", "order")
LATE_WORDS = ("timeout", "timed out", "deadline")


@dataclass(frozen=True)
class Span:
    """One span with what we read of it."""

    place: str
    trace: str
    id: str
    parent: str
    kind: Kind | None  # handled: a server's; call: a client's, of whomever; None: another
    peer: str
    start_s: float
    end_s: float
    end: End
    attributes: Mapping[str, Any]


def lines_of(documents: list[tuple[str, Any]], provider: str | None) -> list[Line]:
    """The lines of some exports, each with its place. `provider`: a part of the provider's address or of its spans' names.

    Raises ConfigError.
    """
    spans = [span for place, document in documents for span in _spans(place, document)]
    by_id = {(span.trace, span.id): span for span in spans}
    kinds = {key: _kind(span, by_id) for key, span in by_id.items()}
    calls = [span for key, span in by_id.items() if kinds[key] == "call"]
    wanted = _to_provider(calls, provider)
    made = []
    for key, span in by_id.items():
        kind = kinds[key]
        if kind is None or (kind == "call" and span.id not in wanted):
            continue
        made.append(_line(span, kind, by_id))
    return made


def _line(span: Span, kind: Kind, by_id: Mapping[tuple[str, str], Span]) -> Line:
    """A request's id is its client span's. The server's span and the calls below have the id of the client span above."""
    above = list(_above(span, by_id))
    server = span if kind == "handled" else next((one for one in above if one.kind == "handled"), None)
    request = span.id if server is None else server.parent or server.id
    told = [one.attributes for one in (span, *above)]
    resent = span.attributes.get("http.request.resend_count")
    return Line(
        kind=kind,
        start_s=span.start_s,
        duration_s=span.end_s - span.start_s,
        end=span.end,
        purchase=next((str(one[key]) for one in told for key in PURCHASES if key in one), span.trace),
        attempt=resent + 1 if isinstance(resent, int) and 0 <= resent < 1000 else None,
        id=f"{span.trace}/{request}",
    )


def _above(span: Span, by_id: Mapping[tuple[str, str], Span]) -> Iterator[Span]:
    """The spans above one, the nearest first; of a trace that goes round in a circle, each once."""
    seen = {span.id}
    above = by_id.get((span.trace, span.parent))
    while above is not None and above.id not in seen:
        yield above
        seen.add(above.id)
        above = by_id.get((above.trace, above.parent))


def _kind(span: Span, by_id: Mapping[tuple[str, str], Span]) -> Kind | None:
    if span.kind != "call":
        return span.kind
    if any(key in span.attributes for key in NOT_A_CALL):
        return None
    return "call" if any(one.kind == "handled" for one in _above(span, by_id)) else "request"


def _to_provider(calls: list[Span], provider: str | None) -> set[str]:
    """The ids of those that go to the payment provider. Raises ConfigError if nobody can know which do."""
    if provider is not None:
        found = {span.id for span in calls if provider in span.peer}
        if calls and not found:
            peers = Counter(span.peer for span in calls)
            raise ArgumentError("provider", f"no span goes to {provider}{nearest(provider, peers)}")
        return found
    peers = Counter(span.peer for span in calls)
    if len(peers) > 1:
        told = ", ".join(f"{peer} ({count:,})" for peer, count in peers.most_common(5))
        raise ConfigError(f"{calls[0].place}: the checkout calls several services: {told}; say which is the payment "
                          f"provider: --provider {peers.most_common(1)[0][0]}")  # fmt: skip
    return {span.id for span in calls}


def _spans(place: str, document: Any) -> Iterator[Span]:
    """The spans of one export. Raises ConfigError with the place of what is not as it should be."""
    for i, resource in enumerate(_list(document, "resourceSpans", place)):
        at = f"{place}: resourceSpans[{i}]"
        name = "scopeSpans" if isinstance(resource, dict) and "scopeSpans" in resource else "instrumentationLibrarySpans"
        for j, scope in enumerate(_list(resource, name, at)):
            for k, span in enumerate(_list(scope, "spans", f"{at}.{name}[{j}]")):
                yield _span(f"{at}.{name}[{j}].spans[{k}]", span)


def _list(holder: Any, key: str, place: str) -> list[Any]:
    found = holder.get(key, []) if isinstance(holder, dict) else None
    if not isinstance(found, list):
        raise ConfigError(f"{place}: expected an object with a list {key}")
    return found


def _span(place: str, span: Any) -> Span:
    if not isinstance(span, dict):
        raise ConfigError(f"{place}: expected an object")
    attributes = {}
    for number, pair in enumerate(_list(span, "attributes", place)):
        value = pair.get("value") if isinstance(pair, dict) else None
        if not isinstance(value, dict) or not isinstance(pair.get("key"), str):
            raise ConfigError(f"{place}.attributes[{number}]: expected an object with key and value")
        attributes[pair["key"]] = _plain(value)
    start_s, end_s = (_nanoseconds(f"{place}.{key}", span.get(key)) for key in ("startTimeUnixNano", "endTimeUnixNano"))
    if not 0 <= end_s - start_s <= 7 * 86400:
        raise ConfigError(f"{place}.endTimeUnixNano: expected a time from the start to 7 days after it")
    kind: Kind | None = "handled" if span.get("kind") in SERVER else "call" if span.get("kind") in CLIENT else None
    peer = next((str(attributes[key]) for key in PEERS if key in attributes), str(span.get("name", "")))
    ids = [span.get(key) or "" for key in ("traceId", "spanId", "parentSpanId")]
    if not all(isinstance(one, str) for one in ids) or not ids[0] or not ids[1]:
        raise ConfigError(f"{place}: expected the texts traceId and spanId")
    end = _end(place, attributes, span.get("status") or {})
    return Span(place, ids[0], ids[1], ids[2], kind, peer, start_s, end_s, end, attributes)


def _plain(value: Mapping[str, Any]) -> Any:
    """OTLP writes whole numbers as texts."""
    if "intValue" in value:
        number = str(value["intValue"])
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else number
    return next((value[key] for key in ("stringValue", "boolValue", "doubleValue") if key in value), "")


def _nanoseconds(place: str, value: Any) -> float:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or len(text) > 20 or int(text) > LATEST_S * 1e9:
        raise ConfigError(f"{place}: expected nanoseconds since 1970, a whole number")
    return int(text) / 1e9


def _end(place: str, attributes: Mapping[str, Any], status: Any) -> End:
    """By an attribute `outcome` of yours, the HTTP or gRPC status, the kind of error, or else the span's own status."""
    if not isinstance(status, dict):
        raise ConfigError(f"{place}.status: expected an object")
    told = attributes.get("outcome", next((attributes[key] for key in HTTP_STATUS if key in attributes), None))
    if told is not None and told != 0:  # 0: some clients' word for no answer
        try:
            return end_of(str(told))
        except ValueError as error:
            raise ConfigError(f"{place}.attributes: outcome or status code: {error}") from None
    grpc = attributes.get("rpc.grpc.status_code")
    if isinstance(grpc, int):
        return GRPC_STATUS.get(grpc, End.ERROR)
    if status.get("code") not in FAILED_STATUS and "error.type" not in attributes:
        return End.OK
    words = f"{attributes.get('error.type', '')} {attributes.get('exception.type', '')} {status.get('message', '')}".casefold()
    if any(word in words for word in LATE_WORDS):
        return End.TIMEOUT
    return End.CANCELLED if "cancel" in words else End.ERROR
