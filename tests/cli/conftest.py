"""Fixtures of the command line's tests."""

from tests.cli.coffee import tiny

__all__ = ["tiny"]
