"""What one session commits, others see when they look again; and a session that fails has done nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sim.config.design import Database as Knobs
from sim.config.errors import ConfigError
from sim.real.twin import store
from sim.real.twin.database import RealDatabase
from sim.real.twin.databases import open_shop, prepared
from sim.vocabulary import Outcome, Status
from sim.world.database import NOBODY
from sim.world.engine import Clock
from sim.world.streams import Streams
from sim.world.timetable import UP
from tests.real.twin.servers import postgresql

KNOBS = Knobs.model_validate({"write": {"constant": "0s"}, "read": {"constant": "0s"}})


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RealDatabase, RealDatabase]]:
    """One database as two processes see it."""
    store.create(tmp_path)
    with ExitStack() as stack:
        where = "sqlite" if request.param == "sqlite" else request.getfixturevalue("server")
        address, _ = stack.enter_context(prepared(where, 10))
        two = [open_shop(tmp_path, address) for _ in "ab"]
        for one in two:
            stack.callback(one.close)
        yield tuple(  # type: ignore[misc]
            RealDatabase(Clock(), KNOBS, purchases=3, streams=Streams(0), weather=UP, store=one) for one in two
        )


def did(database: RealDatabase, purchase: int, effect: Any) -> Any:
    """The value of a transaction, which takes no time here."""
    return database.transaction(purchase, effect)._value


def test_an_order_is_what_it_was_when_it_was_taken_up_until_the_next_transaction(databases: Any) -> None:
    mine, theirs = databases
    order = did(mine, 0, lambda: mine.create(0, 650, 17))
    same = did(theirs, 0, lambda: theirs.with_key(17))
    assert (same.id, same.purchase, same.cents, same.status) == (order.id, 0, 650, Status.PENDING)
    assert same is not order
    assert did(theirs, 0, lambda: theirs.settle(same, Outcome.CAPTURED))
    assert order.status is Status.PENDING
    assert not did(mine, 0, lambda: mine.settle(order, Outcome.DECLINED))  # the transaction has read it again
    assert order.status is Status.CONFIRMED
    assert order.version == same.version == 2


def test_a_query_reads_the_orders_of_its_purchase_again_and_no_others(databases: Any) -> None:
    mine, theirs = databases
    orders = [did(mine, purchase, lambda purchase=purchase: mine.create(purchase, 650)) for purchase in range(2)]
    for number in range(2):
        did(theirs, number, lambda number=number: theirs.settle(theirs.orders[number], Outcome.CAPTURED))
    mine.query(1)
    assert [order.status for order in orders] == [Status.PENDING, Status.CONFIRMED]
    mine.query(NOBODY)
    assert orders[0].status is Status.CONFIRMED


def test_what_fails_inside_a_transaction_leaves_nothing(databases: Any) -> None:
    mine, theirs = databases

    def fail() -> None:
        order = mine.create(0, 650, 17)
        mine.add_to_outbox(order, 1)
        raise KeyError("lost")

    with pytest.raises(KeyError):
        did(mine, 0, fail)
    assert len(theirs.orders) == 0
    assert theirs.with_key(17) is None
    assert theirs.unpublished(10) == []


def test_orders_that_are_not_settled_are_found_by_whoever_looks(databases: Any) -> None:
    mine, theirs = databases
    for purchase in range(3):
        did(mine, purchase, lambda purchase=purchase: mine.create(purchase, 650))
    did(mine, 1, lambda: mine.settle(mine.orders[1], Outcome.CAPTURED))
    assert [order.purchase for order in theirs.open.values()] == [0, 2]
    assert list(theirs.open) == [0, 2]


def test_the_note_of_a_call_is_there_for_others_at_once(databases: Any) -> None:
    mine, theirs = databases
    order = did(mine, 0, lambda: mine.create(0, 650))
    mine.call_begins(order, 3.0)
    assert theirs.orders[0].unheard == (3.0,)
    assert theirs.orders[0].may_still_be_charged(4.0, 10.0)


def test_a_renewed_key_is_the_same_key_for_everybody(databases: Any) -> None:
    mine, theirs = databases
    order = did(mine, 0, lambda: mine.create(0, 650))
    did(mine, 0, lambda: mine.renew_key(order))
    assert theirs.orders[0].key == order.key == (0, 0)


def test_outbox_rows_are_read_until_they_are_marked_and_by_id_only_upwards(databases: Any) -> None:
    mine, theirs = databases
    order = did(mine, 0, lambda: mine.create(0, 650))
    rows = [mine.draw_row() for _ in range(2)]
    assert rows == [1, 2]
    did(mine, 0, lambda: mine.add_to_outbox(order, rows[1]))
    [late] = theirs.unpublished(10, by_id=True)
    assert (late.row, late.order.purchase, late.status) == (2, 0, Status.PENDING)
    did(theirs, NOBODY, lambda: (theirs.mark_published([late]), theirs.look_beyond([late])))
    did(mine, 0, lambda: mine.add_to_outbox(order, rows[0]))  # commits after the higher one
    assert theirs.unpublished(10, by_id=True) == []
    assert [row.row for row in theirs.unpublished(10)] == [1]


@pytest.mark.slow
def test_who_loses_a_race_tries_again_on_what_the_other_has_written(server: str, tmp_path: Path) -> None:
    """Both insert an order at the same time: there are two with different ids, and none is lost."""
    with prepared(server, 10) as (address, _):
        mine, theirs = (
            RealDatabase(Clock(), KNOBS, purchases=3, streams=Streams(0), weather=UP, store=open_shop(tmp_path, address))
            for _ in "ab"
        )
        tries = []

        def late() -> Any:
            tries.append(len(mine.orders))
            if len(tries) == 1:
                did(theirs, 1, lambda: theirs.create(1, 650, 17))
            return mine.create(0, 650)

        order = did(mine, 0, late)
        assert tries == [0, 1]
        assert (order.id, order.purchase) == (1, 0)
        assert [one.purchase for one in theirs.open.values()] == [1, 0]
        for one in (mine, theirs):
            one.store.close()


@pytest.mark.slow
def test_a_server_without_room_is_refused_before_anything_starts(server: str) -> None:
    """It is told how many connections are needed, and how many are free."""
    needed = r"up to 1000 processes need a connection each, and \d+ are free"
    with pytest.raises(ConfigError, match=needed), prepared(server, 1000):
        raise AssertionError("it was let in")
