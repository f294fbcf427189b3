"""Points are awarded each time an order is said to be complete, also by an inbox that remembers messages.

wpswings/points-and-rewards-for-woocommerce#104, opencart/opencart#2349: each news is a message of its own. The fix awards
once an order.
"""

from __future__ import annotations

import pytest

from tests.cases import expected, harmed, world

TRUSTED = "name: x\nfrom: idempotent\npayment: {{webhooks: trusted}}\nloyalty: {{inbox: {inbox}}}\n"


@pytest.mark.parametrize("inbox", ["none", "{window: 7d}", "{by: message}"])
def test_an_inbox_of_message_ids_lets_every_tenth_award_through(inbox: str) -> None:
    """One webhook in ten comes twice."""
    assert expected(0.1, harmed(world("points-twice"), TRUSTED.format(inbox=inbox), "over_award"))


def test_an_inbox_that_remembers_the_order_lets_none_through() -> None:
    """And nobody goes without points."""
    found, number = harmed(world("points-twice"), TRUSTED.format(inbox="{by: order}"), "over_award", "under_award")
    assert found == 0
    assert number > 2000
