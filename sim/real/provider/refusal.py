"""What the provider doesn't do, as a value: Stripe's error envelope with its status."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An error that the caller is told, with an HTTP status and the fields of Stripe's `error` object."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **{key: value for key, value in more.items() if value is not None}}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Refusal:
    """`invalid_request_error`: the caller is to change the request."""
    return Refusal(status, "invalid_request_error", message, param=param, code=code)


def missing(param: str) -> Refusal:
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def unknown(what: str, which: str, param: str = "id") -> Refusal:
    return invalid(f"No such {what}: '{which}'", param, "resource_missing", 404)
