"""A task for a later hour is held by a worker, and the broker hands it out again whenever its visibility ends.

celery/kombu#337, celery/celery#2481 and #7009: at its hour all copies run. The advice: a visibility that is longer than the
longest delay.
"""

from __future__ import annotations

import numpy as np

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from tests.cases import world
from tests.worlds import judged

DESIGN = """
name: charges-later
from: outbox
broker: {{visibility: {visibility}}}
payment: {{after: 290min, held_by: {held_by}, key: {key}}}
"""


def charges(*, visibility: str = "1h", held_by: str = "worker", key: str = "none") -> list[int]:
    """How often each of the purchases of a night was charged."""
    text = DESIGN.format(visibility=visibility, held_by=held_by, key=key)
    return judged(parse_scenario(world("eta-beyond-visibility")), parse_design(text))[1].audit.charged.tolist()


def test_every_copy_charges() -> None:
    """290 minutes over a visibility of 60 are five deliveries, and so five charges for each of 70 customers."""
    assert charges() == [5] * 70


def test_what_closes_it() -> None:
    """A longer visibility, a broker that holds the message, or a key of the provider."""
    assert charges(visibility="6h") == charges(held_by="broker") == charges(key="order") == [1] * 70


def test_the_number_of_charges_is_the_hold_over_the_visibility() -> None:
    """Rounded up."""
    for minutes in (30, 45, 97, 144, 146, 289, 291):
        assert set(np.unique(charges(visibility=f"{minutes}min"))) == {-(-290 // minutes)}
