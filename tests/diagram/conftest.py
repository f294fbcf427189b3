"""The comparison whose components are drawn is the one of the report's tests."""

from tests.report.conftest import stormy

__all__ = ["stormy"]
