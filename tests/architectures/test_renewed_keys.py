"""A new key for the provider takes the place of the one that the error came with, and of no other.

Found by trying every three mishaps: a request whose call broke down asks, hears that nothing was charged, and stands still.
Meanwhile the completer does the same, takes a new key and charges with it; its commit is slow. When the request goes on, it
must not take a third key: the completer's next round would charge with that.
"""

from __future__ import annotations

import pytest

from tests.world.test_mishaps import after

OVERTAKEN = ("{call: 1, is: broke}", "{pause: checkout, after: inquire}", "{slow: database, nth: 6}")


def test_a_request_that_was_overtaken_takes_no_new_key() -> None:
    found = after("idempotent", *OVERTAKEN)
    assert (found.charged, found.orders, found.awards) == (1, ("confirmed",), 1)
    assert found.calls.count("error") == 2  # the first, and its replay


@pytest.mark.parametrize("turn", range(4, 9))
def test_whichever_write_is_slow(turn: int) -> None:
    assert after("idempotent", *OVERTAKEN[:2], f"{{slow: database, nth: {turn}}}").charged == 1
