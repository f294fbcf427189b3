"""Small mornings on real parts whose result is certain: the same as the simulator's, and what the design promises."""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
from pathlib import Path

import nats
import numpy as np
import psycopg
import pytest

from sim.config.design import merged
from sim.config.errors import ConfigError
from sim.config.prices import load_prices
from sim.experiment.mornings import examine
from sim.real.twin.supervisor import Failed, live
from sim.vocabulary import Answer, Status
from tests.real.twin import servers
from tests.real.twin.lives import both, counted, patient, small, with_more
from tests.worlds import judged

ONE = {"charged": [1], "ordered": [1], "awarded": [1]}
UNANSWERED_AT_FIRST = 'faults: [{brownout: provider, at: "07:00:00", for: 1s, latency: x1, ambiguous: 100%}]'
KILLED_ONCE = "faults: [{crash: checkout, after: charge, times: 1, restart: 1s}]"
KILLED = 'faults: [{crash: %s, at: "07:00:01", restart: 1s}]'
NO_RETRY = {"app": {"timeout": "2s", "retry": {"never": True}}}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["naive", "idempotent", "inquiry", "outbox"])
def test_on_a_calm_morning_both_worlds_do_the_same_for_everybody(name: str) -> None:
    """Each purchase is charged once; nothing is left under way; every process has lived once."""
    lived, real, model = both(patient(arrivals=(0.0, 1.0, 2.0)), small(name))
    assert counted(real) == counted(model) == {"charged": [1] * 3, "ordered": [1] * 3, "awarded": [1] * 3}
    tables = lived.tables
    assert set(tables.orders["status"]) == set(tables.orders["view_status"]) == {Status.CONFIRMED}
    assert set(tables.requests["answer"]) == {Answer.PENDING if name == "outbox" else Answer.CONFIRMED}
    assert not np.isnan(tables.purchases["seen_s"]).any()
    assert lived.kills == 0
    assert all(used.starts == 1 and used.cpu_s > 0 and used.memory_mib > 0 for used in lived.used)
    assert lived.late_s.shape == (3,)
    assert (lived.late_s >= 0).all()


@pytest.mark.slow
def test_real_times_are_those_of_the_scenario_and_the_parts_own_on_top() -> None:
    """Nothing is quicker than in the model: what the scenario says is waited out."""
    scenario, chosen = patient(arrivals=(0.0, 1.0, 2.0)), small("naive")
    lived, _, _ = both(scenario, chosen)
    tables, _ = judged(scenario, chosen)
    for table, column in (("requests", "answered_s"), ("charges", "captured_s"), ("orders", "visible_s")):
        assert (getattr(lived.tables, table)[column] >= getattr(tables, table)[column]).all()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "charges"), [("naive", 2), ("idempotent", 1)])
def test_an_answer_that_is_lost_makes_naive_charge_twice_and_idempotent_once(name: str, charges: int) -> None:
    """The app's retry is a new order for one, and the same key for the other, whose completer learns the truth."""
    chosen = small(name, {"payment": {"timeout": "1s"}})
    _, real, model = both(patient(UNANSWERED_AT_FIRST, drain="35s"), chosen)
    assert counted(real) == counted(model) == {"charged": [charges], "ordered": [1], "awarded": [1]}


@pytest.mark.slow
def test_a_kill_between_the_charge_and_its_commit_costs_naive_the_coffee() -> None:
    """Nobody remembers the charge: the money is gone, and the order is pending for ever."""
    lived, real, model = both(patient(KILLED_ONCE), small("naive", NO_RETRY))
    assert counted(real) == counted(model) == {"charged": [1], "ordered": [0], "awarded": [0]}
    assert lived.tables.orders["status"].tolist() == [Status.PENDING]
    assert lived.kills == 1
    assert sorted(used.starts for used in lived.used if used.name.startswith("checkout")) == [1, 2]
    assert [(struck.component, struck.step) for struck in lived.tables.crashes] == [("checkout", "charge")]


@pytest.mark.slow
def test_a_kill_between_the_charge_and_its_commit_is_mended_by_the_completer_of_idempotent() -> None:
    """What was committed survives, the claim among it, and the same key makes it safe to charge again."""
    lived, real, model = both(patient(KILLED_ONCE, drain="60s"), small("idempotent", NO_RETRY), speed=20.0)
    assert counted(real) == counted(model) == ONE
    assert len(lived.tables.charges) == 2  # the second is a replay
    assert lived.kills == 1


@pytest.mark.slow
@pytest.mark.parametrize(("inbox", "points"), [(None, 2), ({}, 1)])
def test_a_relay_that_is_killed_before_it_marks_tells_twice_and_only_an_inbox_notices(inbox: object, points: int) -> None:
    """A seed is taken with which the relay survives the news of the order, and dies after that of its payment."""
    scenario = patient("faults: [{crash: relay, after: publish, p: 50%, times: 1, restart: 1s}]", drain="20s")
    without = small("outbox", {"loyalty": {"inbox": None}})
    seed = next(seed for seed in range(50) if judged(scenario, without, seed)[1].audit.awarded.tolist() == [2])
    lived, real, model = both(scenario, small("outbox", {"loyalty": {"inbox": inbox}}), seed=seed)
    assert counted(real) == counted(model) == {**ONE, "awarded": [points]}
    assert (lived.kills, lived.tables.counts["awards_repeated"]) == (1, 2 - points)


@pytest.mark.slow
def test_a_component_that_is_killed_at_a_time_does_nothing_until_it_is_back() -> None:
    """The order waits in the outbox; nothing is lost."""
    scenario = patient('faults: [{crash: relay, at: "07:00:01", restart: 5s}]', arrivals=(2.0,))
    lived, real, model = both(scenario, small("outbox"))
    assert counted(real) == counted(model) == ONE
    assert lived.tables.charges["sent_s"][0] >= 6.0
    assert [used.starts for used in lived.used if used.name == "relay"] == [2]
    assert [struck.component for struck in lived.tables.crashes] == ["relay"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["checkout", "payment", "loyalty", "read_model"])
def test_whatever_is_killed_while_it_is_idle_serves_the_next_customer(name: str) -> None:
    scenario = patient(f'faults: [{{crash: {name}, at: "07:00:01", restart: 1s}}]', arrivals=(3.0,))
    lived, real, _ = both(scenario, small("outbox"))
    assert counted(real) == ONE
    assert lived.kills == sum(used.starts - 1 for used in lived.used) == (2 if name == "payment" else 1)


@pytest.mark.slow
def test_an_answer_that_is_lost_on_its_way_is_work_that_was_done() -> None:
    """Three tries of the app are three orders for naive, in both worlds, and it never hears of any."""
    chosen = small("naive", {"app": {"timeout": "1s"}, "recovery": {"reconcile_every": None}})
    text = "network: {answer_lost: 100%}\n"
    lived, real, model = both(patient(text, drain="10s"), chosen)
    assert counted(real) == counted(model) == {"charged": [3], "ordered": [3], "awarded": [3]}
    assert set(lived.tables.requests["answer"]) == {Answer.NONE}


@pytest.mark.slow
def test_an_outage_that_hangs_gives_no_answer_and_one_that_refuses_says_so() -> None:
    for how, answer in (("hangs", Answer.NONE), ("refuses", Answer.UNAVAILABLE)):
        text = f'faults: [{{outage: checkout, at: "07:00:00", for: 30s, how: {how}}}]'
        lived, real, model = both(patient(text, drain="5s"), small("naive", NO_RETRY))
        assert counted(real) == counted(model) == {"charged": [0], "ordered": [0], "awarded": [0]}
        assert lived.tables.requests["answer"][0] == answer


@pytest.mark.slow
def test_a_webhook_confirms_what_the_answer_did_not() -> None:
    """A worker takes the news that the provider sends, although the call itself was never answered."""
    chosen = small("idempotent", {"payment": {"timeout": "1s", "webhooks": "checked"}, "completer": {"after": "1min"}})
    text = f"{UNANSWERED_AT_FIRST}"
    lived, real, model = both(patient(text, drain="20s"), chosen)
    assert counted(real) == counted(model) == ONE
    assert lived.tables.counts["webhooks_taken"] == 1
    assert len(lived.tables.charges) == 1


@pytest.mark.slow
def test_a_wrong_charge_is_given_back_by_the_reconciler() -> None:
    """Naive's second charge, from the provider's ledger; the listing goes over HTTP like all else."""
    knobs = {"payment": {"timeout": "1s"}, "recovery": {"reconcile_every": "10s", "grace": "5s"}}
    lived, real, model = both(patient(UNANSWERED_AT_FIRST, drain="35s"), small("naive", knobs))
    assert real.audit.charged.tolist() == model.audit.charged.tolist() == [2]
    assert real.audit.kept.tolist() == model.audit.kept.tolist() == [1]
    assert len(lived.tables.refunds) == 1


@pytest.mark.slow
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    live(patient(drain="0s"), small("naive"), 0, speed=20.0)
    assert list(tmp_path.glob("coffee-twin-*")) == []
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_a_process_that_ends_by_itself_is_no_result() -> None:
    """It is a bug of ours, or somebody else's kill: said, and all others are ended."""

    def kill(done: int, _: int) -> None:
        if done > 0:
            multiprocessing.active_children()[0].kill()

    with pytest.raises(Failed, match="has ended by itself, with -9"):
        live(patient(), small("naive"), 0, speed=5.0, progress=kill)
    assert multiprocessing.active_children() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["idempotent", "outbox"])
def test_on_postgresql_it_is_the_same_morning(name: str) -> None:
    """Serialisable transactions, a kill between charge and commit; nothing is left in the database."""
    faults = "faults: [{crash: checkout, after: charge, times: 1, restart: 1s}, {crash: payment, after: charge, times: 1}]"
    with servers.postgresql() as address:
        scenario, chosen = patient(faults, drain="60s", arrivals=(0.0, 0.1, 0.2)), small(name)
        lived = live(scenario, chosen, 0, speed=10.0, database=address)
        with psycopg.connect(address) as connection:
            assert not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'coffee_twin%'").fetchall()
    real = examine(lived.tables, scenario, chosen, load_prices(scenario.prices))
    assert counted(real) == {"charged": [1] * 3, "ordered": [1] * 3, "awarded": [1] * 3}
    assert lived.parts["database"].startswith("PostgreSQL")
    assert lived.kills == 1


@pytest.mark.slow
def test_on_nats_a_message_comes_until_it_is_acknowledged() -> None:
    """A payment worker is killed with a message in hand, and each message that was handled comes once more: as in the model."""
    faults = "faults: [{crash: payment, after: charge, times: 1, restart: 1s}, {duplicates: broker, p: 100%}]"
    scenario, chosen = patient(faults, drain="40s"), small("outbox", {"loyalty": {"inbox": None}})
    _, model = judged(scenario, chosen)
    with servers.nats() as address:
        lived = live(scenario, chosen, 0, speed=10.0, broker=address)
        streams = asyncio.run(streams_of(address))
    real = examine(lived.tables, scenario, chosen, load_prices(scenario.prices))
    assert counted(real)["charged"] == counted(model)["charged"] == [1]
    # `broker.visibility` begins as the broker hands the message over: after the order was written, before the charge is sent.
    assert lived.tables.charges["sent_s"][1] >= lived.tables.orders["created_s"][0] + 30.0
    assert len(lived.tables.charges) == len(model.tables.charges) == 2
    assert lived.kills == 1
    assert lived.parts["broker"].startswith("NATS 2")
    assert streams == 0


async def streams_of(address: str) -> int:
    client = await nats.connect(address)
    info = await client.jetstream().account_info()
    await client.close()
    return info.streams


@pytest.mark.slow
def test_on_nats_an_event_that_comes_twice_is_two_awards_without_an_inbox() -> None:
    faults = "faults: [{duplicates: broker, p: 100%}]"
    scenario, chosen = patient(faults, drain="30s"), small("naive", {"broker": {"visibility": "20s"}})
    _, model = judged(scenario, chosen)
    with servers.nats() as address:
        lived = live(scenario, chosen, 0, speed=10.0, broker=address)
    real = examine(lived.tables, scenario, chosen, load_prices(scenario.prices))
    assert counted(real) == counted(model) == {"charged": [1], "ordered": [1], "awarded": [2]}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"broker": "kafka"}, 'broker: expected "embedded", or an address'),
        ({"broker": "nats://192.0.2.1"}, "192.0.2.1 is not this machine"),
        ({"broker": "nats://127.0.0.1:1"}, "broker: cannot be reached"),
        ({"broker": "nats://127.0.0.1:many"}, "broker: not an address"),
        ({"database": "cassandra"}, 'database: expected "sqlite", or an address'),
        ({"database": "postgresql://192.0.2.1/shop"}, "192.0.2.1 is not this machine"),
        ({"database": "postgresql://127.0.0.1:1/shop"}, "database: cannot be reached"),
        ({"database": "postgresql://127.0.0.1:many/shop"}, "database: not an address"),
    ],
)
def test_parts_that_are_not_there_are_refused(parts: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        live(patient(), small("naive"), 0, **parts)  # type: ignore[arg-type]


ONCE_COMMITTED = "faults: [{errors: database, on: writes, how: committed, times: 1}]"
BUSY = "network: {answer_lost: 100%}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "name", "knobs", "charged", "answers"),
    [
        # The process throws after the charge and lives: the app hears 500, tries again, and another order is charged.
        ("faults: [{errors: checkout, after: charge, times: 1}]", "naive", {}, 2, [Answer.FAILED, Answer.CONFIRMED]),
        # The order is there, its writer has heard an error; the app's retry makes another.
        (ONCE_COMMITTED, "naive", {}, 1, [Answer.FAILED, Answer.CONFIRMED]),
        # A worker stands still after the charge, for longer than the app waits.
        ("faults: [{pause: checkout, after: charge, for: 3s, times: 1}]", "naive", {"app": {"timeout": "2s"}}, 2,
         [Answer.NONE, Answer.CONFIRMED]),
        # A killed worker's connection is cut, and the app hears of it at once.
        ("faults: [{crash: checkout, after: charge, times: 1, how: resets}]", "naive", {}, 2,
         [Answer.UNAVAILABLE, Answer.CONFIRMED]),
        # The second tap of a double tap finds the key at work: 409, or it waits for the first one's answer.
        ("customers: {patience: {constant: 1h}, double_tap: {p: 100%, gap: 100ms}}", "idempotent",
         {"app": {"retry": {"never": True}}}, 1, [Answer.CONFIRMED, Answer.CONFLICT]),
        ("customers: {patience: {constant: 1h}, double_tap: {p: 100%, gap: 100ms}}", "idempotent",
         {"app": {"retry": {"never": True}}, "claim": {"in_flight": "wait"}}, 1, [Answer.CONFIRMED, Answer.CONFIRMED]),
        # All answers are lost, and the app looks before it tries again.
        (BUSY, "naive", {"app": {"timeout": "1s", "before_retry": "look"}}, 1, [Answer.NONE]),
        # The customer finishes the payment on the provider's page, and comes back.
        ("provider: {challenge: {takes: {constant: 2s}}}", "webhooks-first", {}, 1, [Answer.REDIRECT, Answer.CONFIRMED]),
        # The view is the order database itself.
        ("", "naive", {"read_model": {"inline": True}}, 1, [Answer.CONFIRMED]),
    ],
)  # fmt: skip
def test_whatever_else_goes_wrong_goes_wrong_in_both_worlds(
    text: str, name: str, knobs: dict[str, object], charged: int, answers: list[Answer]
) -> None:
    scenario = patient(drain="20s") if not text else with_more(text)
    lived, real, model = both(scenario, small(name, knobs))
    assert real.audit.charged.tolist() == model.audit.charged.tolist() == [charged]
    assert counted(real) == counted(model)
    assert lived.tables.requests["answer"].tolist() == model.tables.requests["answer"].tolist() == answers


@pytest.mark.slow
def test_a_customer_who_leaves_takes_the_request_out_of_the_queue() -> None:
    """One worker is busy with the first customer; the second leaves before it is free."""
    leaves = "after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}"
    text = f"customers: {{patience: {{constant: 1s}}, {leaves}}}\nprovider: {{latency: {{constant: 3s}}}}"
    scenario = with_more(text, arrivals=(0.0, 0.5))
    chosen = small("naive", {"checkout": {"workers": 1, "instances": 1, "leaver_drop": True}})
    lived, real, model = both(scenario, chosen)
    assert counted(real) == counted(model) == {"charged": [1, 0], "ordered": [1, 0], "awarded": [1, 0]}
    assert lived.tables.counts["requests_dropped"] == model.tables.counts["requests_dropped"] == 1


# Where real parts are harder than the model


@pytest.mark.slow
@pytest.mark.parametrize("name", ["loyalty", "read_model"])
def test_what_a_killed_consumer_had_in_hand_comes_when_the_broker_notices(name: str) -> None:
    """Not as soon as the consumer is back: the broker, who knows of no death, waits for `broker.visibility`."""
    scenario = with_more(f'clock: {{start: "07:00", duration: 5s, drain: 35s}}\n{KILLED % name}')
    work = {"loyalty": {"award": {"constant": "2s"}}, "read_model": {"apply": {"constant": "2s"}}}
    lived, real, model = both(scenario, small("naive", {name: work[name]}))
    assert counted(real) == counted(model) == ONE
    table, column = ("awards", "awarded_s") if name == "loyalty" else ("orders", "visible_s")
    modelled_s, lived_s = (getattr(tables, table)[column][0] for tables in (model.tables, lived.tables))
    assert min(modelled_s, lived_s) > 30.0
    assert (
        {struck.component for struck in model.tables.crashes} == {struck.component for struck in lived.tables.crashes} == {name}
    )


@pytest.mark.slow
def test_what_a_killed_process_was_writing_is_not_written() -> None:
    """In the model the database has it in hand already; here the process dies before it commits. Both happen in real shops."""
    scenario = with_more('faults: [{crash: checkout, at: "07:00:02", restart: 1s}]')
    slow_writes = {"checkout": {"instances": 1}, "database": {"write": {"constant": "1s"}}}
    _, real, model = both(scenario, small("naive", merged(NO_RETRY, slow_writes)))
    assert (model.audit.ordered.tolist(), real.audit.ordered.tolist()) == ([1], [0])
