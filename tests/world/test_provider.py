"""The payment provider: its keys, its ambiguity, its ledger."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest
from simpy.events import Event

from sim.config.model import Distribution
from sim.config.scenario import Provider as Knobs
from sim.ledger.records import Charges
from sim.vocabulary import Outcome
from sim.world.cell import WHOLE, Cell
from sim.world.database import Order
from sim.world.engine import Clock
from sim.world.observer import Call, Observer
from sim.world.provider import REFUSAL_S, Provider
from sim.world.streams import Draw, Streams
from sim.world.timetable import Spell, Timetable


class Noted(Streams):
    """Streams that note each draw: its name, its purchase, and its place among the purchase's draws of that name.

    With `always`, all uniform draws are that number.
    """

    def __init__(self, always: float | None = None, cell: Cell = WHOLE) -> None:
        super().__init__(0, cell)
        self.always = always
        self.drawn: list[tuple[str, int, int]] = []

    def uniform(self, purpose: str) -> Draw:
        always = self.always
        return self._noted(purpose, super().uniform(purpose) if always is None else lambda _purchase, _place: always)

    def times(self, purpose: str, distribution: Distribution) -> Draw:
        return self._noted(purpose, super().times(purpose, distribution))

    def _noted(self, purpose: str, draw: Draw) -> Draw:
        def drawn(purchase: int, place: int) -> float:
            self.drawn.append((purpose, purchase, place))
            return draw(purchase, place)

        return drawn


class Listening(Observer):
    """Notes what it hears of the provider, with what is told of it."""

    def __init__(self) -> None:
        self.heard_of: list[tuple[Any, ...]] = []

    def charged(self, caller: str, order: Order, *, call: Call) -> None:
        self.heard_of.append(("charged", caller, order.id, call))

    def inquired(self, caller: str, order: Order, *, outcome: Outcome, answered_s: float, timeout_s: float) -> None:
        self.heard_of.append(("inquired", caller, order.id, outcome, answered_s, timeout_s))

    def heard(self, caller: str, order: Order) -> None:
        self.heard_of.append(("heard", caller, order.id))

    def refunded(self, caller: str, purchase: int, *, cents: int) -> None:
        self.heard_of.append(("refunded", caller, purchase, cents))

    def delivered_webhook(self, order: Order, outcome: Outcome, *, again: bool) -> None:
        self.heard_of.append(("delivered", order.id, outcome, again))


class World:
    """A provider with a latency of one second, and calls made at given times."""

    def __init__(
        self,
        spells: list[Spell] | None = None,
        good: bool = True,
        uniform: float | None = None,
        cell: Cell = WHOLE,
        observer: Observer | None = None,
        **knobs: Any,
    ) -> None:
        self.env = Clock()
        self.streams = Noted(uniform, cell)
        self.provider = Provider(
            self.env,
            Knobs.model_validate({"latency": {"constant": "1s"}, **knobs}),
            good_card=array("b", [good]),
            charges=Charges(),
            streams=self.streams,
            weather=Timetable(spells or []),
            observer=observer,
        )

    def call(self, at: float, key: object = None, timeout: float = 5.0, cents: int = 650) -> tuple[str, float]:
        """The outcome of a call at a time, and when it was known."""
        self.wait(at)
        event = self.provider.charge(Order(0, 0, 0, cents, 0.0), timeout, key)
        return Outcome(self.end(event)).name, self.env.now

    def end(self, event: Event) -> Any:
        """The value of an event, once it has happened."""
        if event.callbacks is not None:
            event.callbacks.append(lambda _: self.env.stop())
            self.env.run(until=inf)
        return event.value

    def wait(self, at: float) -> None:
        if at > self.env.now:
            self.env.run(until=at)

    @property
    def captured(self) -> list[float]:
        times = self.provider.charges["captured_s"]
        return [float(time) for time in times[~np.isnan(times)]]


def test_without_a_key_every_call_charges() -> None:
    """Two calls, two charges."""
    world = World()
    assert [world.call(1), world.call(3)] == [("CAPTURED", 2), ("CAPTURED", 4)]
    assert world.captured == [2, 4]


def test_the_same_key_charges_once_and_replays() -> None:
    """The second call gets the first one's result, and no money moves."""
    world = World()
    assert [world.call(1, "k"), world.call(3, "k")] == [("CAPTURED", 2), ("CAPTURED", 4)]
    assert world.captured == [2]


def test_a_late_success_charges_although_the_caller_gave_up() -> None:
    """The caller knows nothing after its timeout; the card is charged all the same."""
    world = World(latency={"constant": "7s"})
    assert world.call(1, timeout=5) == ("UNKNOWN", 6)
    assert world.captured == [8]


def test_an_ambiguous_call_charges_and_its_answer_is_lost() -> None:
    """The caller waits for its timeout in vain."""
    world = World(ambiguous="100%")
    assert world.call(1, timeout=3) == ("UNKNOWN", 4)
    assert world.captured == [2]


def test_a_second_call_while_the_first_is_in_flight() -> None:
    """Refused as a conflict at once, or answered with the first one's result when that is there; never charged."""
    for in_flight, expected in (("conflict", ("CONFLICT", 2.55)), ("wait", ("CAPTURED", 4))):
        world = World(latency={"constant": "3s"}, keys={"in_flight": in_flight})
        assert world.call(1, "k", timeout=1) == ("UNKNOWN", 2)
        world.provider._latency_s = lambda purchase, attempt: 1.0
        assert world.call(2.5, "k") == expected
        assert world.captured == [4]


def test_a_conflict_is_not_slowed_down_with_the_charges() -> None:
    """The provider looks a key up and charges nothing: no slow bank and no brownout delays that. The answer's way does."""
    world = World([Spell(0, 100, slower=10)], latency={"constant": "4s"}, answer={"constant": "1s"}, keys={})
    world.call(1, "k", timeout=1)
    assert world.call(2.5, "k") == ("CONFLICT", 3.55)


def test_a_key_is_forgotten_after_its_time_to_live() -> None:
    """Reuse after the ttl is a new request, and a second charge."""
    world = World(keys={"ttl": "30s"})
    world.call(1, "k")
    world.call(30.9, "k")
    assert world.captured == [2]
    world.call(40, "k")
    assert world.captured == [2, 41]


def test_the_same_key_with_another_amount() -> None:
    """An error or a replay, as the provider pleases; never a second charge."""
    for mismatch, expected in (("error", "MISMATCH"), ("replay", "CAPTURED")):
        world = World(keys={"mismatch": mismatch})
        world.call(1, "k", cents=650)
        assert world.call(5, "k", cents=850)[0] == expected
        assert len(world.captured) == 1


def test_an_older_provider_ignores_keys() -> None:
    """With `keys: none` the same key charges again."""
    world = World(keys="none")
    world.call(1, "k")
    world.call(3, "k")
    assert world.captured == [2, 4]


def test_a_refused_call_leaves_its_key_free() -> None:
    """A clean error is not stored: the same key may be charged from the moment it is told."""
    world = World(failed="100%")
    assert world.call(1, "k") == ("FAILED", 2)
    world.provider._knobs = world.provider._knobs.model_copy(update={"failed": 0.0})
    assert world.call(2, "k") == ("CAPTURED", 3)


def test_a_bad_card_is_declined_every_time() -> None:
    """Declined belongs to the customer, not to the call."""
    world = World(good=False)
    assert {world.call(at)[0] for at in (1, 3, 5)} == {"DECLINED"}
    assert world.captured == []


def test_an_outage_refuses_at_once_and_a_brownout_slows() -> None:
    """Down: FAILED after 50 ms. Slow: the latency times the factor."""
    world = World([Spell(10, 20, down=True), Spell(30, 40, slower=4)])
    assert world.call(12) == ("FAILED", pytest.approx(12.05))
    assert world.call(32) == ("CAPTURED", 36)


def test_a_rate_limit_refuses_clearly() -> None:
    """Beyond one second's worth of tokens a call fails without a charge."""
    world = World(rate_limit="2/s", latency={"constant": "0s"})
    world.env.run(until=1)
    outcomes = [world.end(world.provider.charge(Order(0, 0, 0, 650, 0.0), 5.0)) for _ in range(3)]
    assert [Outcome(outcome).name for outcome in outcomes] == ["CAPTURED", "CAPTURED", "FAILED"]
    assert world.call(3)[0] == "CAPTURED"


def test_a_rate_limit_holds_from_the_first_second() -> None:
    """The bucket is full when the morning begins, and once only."""
    world = World(rate_limit="2/s", latency={"constant": "0s"})
    calls = [world.provider.charge(Order(0, 0, 0, 650, 0.0), 5.0) for _ in range(3)]
    assert [Outcome(world.end(call)).name for call in calls] == ["CAPTURED", "CAPTURED", "FAILED"]


def test_a_rate_limit_is_dealt_to_the_cells() -> None:
    """Of two cells each has half of it."""
    world = World(rate_limit="4/s", latency={"constant": "0s"}, cell=Cell(0, 2))
    assert [world.call(0.1)[0] for _ in range(3)] == ["CAPTURED", "CAPTURED", "FAILED"]


def test_a_rate_limit_fills_up_at_its_rate() -> None:
    """One call every two seconds: the first at once, one second later none, and there is never room for two."""
    world = World(rate_limit="0.5/s", latency={"constant": "0s"})
    assert [world.call(at)[0] for at in (0.1, 1.2, 2.2, 9.0, 10.0)] == ["CAPTURED", "FAILED", "CAPTURED", "CAPTURED", "FAILED"]


def test_how_often_the_bank_is_asked() -> None:
    """By each call that is neither a repeat nor refused before."""
    world = World(rate_limit="1/s")
    assert [world.call(at, key)[0] for at, key in ((1, "a"), (3, "a"), (5, "b"), (7, None))] == ["CAPTURED"] * 4
    assert world.provider.authorisations == 3
    world.wait(9)
    calls = [world.provider.charge(Order(0, 0, 0, 650, 0.0), 5.0) for _ in range(2)]
    assert [Outcome(world.end(call)).name for call in calls] == ["CAPTURED", "FAILED"]
    assert world.provider.authorisations == 4


def test_a_refund_happens_once() -> None:
    """Refunding twice changes nothing."""
    world = World()
    world.call(1)
    world.end(world.provider.refund(0))
    first = world.provider.charges.refunded_s[0]
    world.end(world.provider.refund(0))
    assert world.provider.charges.refunded_s[0] == first == 3


def test_the_ledger_lists_what_is_due_and_keeps_the_young() -> None:
    """Charges younger than asked for are listed the next time, refunded ones never."""
    world = World()
    for at in (1, 3, 5):
        world.call(at)
    rows, young, following = world.provider.ledger([], 0, before_s=4.0)
    assert (rows, young, following) == ([0, 1], [2], 3)
    assert world.provider.ledger(young, following, before_s=10) == ([2], [], 3)


def errored(world: World, p: float) -> None:
    """From now on the provider breaks down over this share of the calls."""
    world.provider._knobs = world.provider._knobs.model_copy(update={"errored": p})


def test_a_stored_error_is_replayed_for_as_long_as_the_key_lives() -> None:
    """The provider is well again, and the key is not; another key, or the same one after its ttl, is a new call."""
    world = World(errored="100%", keys={"ttl": "30s"})
    assert world.call(1, "k") == ("ERROR", 2)
    errored(world, 0.0)
    assert world.call(3, "k") == ("ERROR", 4)
    assert world.captured == []
    assert world.call(5, "other") == ("CAPTURED", 6)
    assert world.call(31, "k") == ("CAPTURED", 32)


def test_an_error_that_is_not_stored_leaves_its_key_free() -> None:
    """As PayPal and Checkout.com have published: the next call is processed."""
    world = World(errored="100%", keys={"stores_errors": False})
    assert world.call(1, "k") == ("ERROR", 2)
    errored(world, 0.0)
    assert world.call(3, "k") == ("CAPTURED", 4)


def inquired(world: World, at: float, timeout: float = 5.0) -> tuple[str, float]:
    """What the provider says became of order 0, and when it was said."""
    world.wait(at)
    outcome = world.end(world.provider.inquire(Order(0, 0, 0, 650, 0.0), timeout))
    return Outcome(outcome).name, world.env.now


def test_an_inquiry_tells_what_the_books_say_when_it_is_made() -> None:
    """Nothing yet; being worked on; captured. Each takes a call's time."""
    world = World(latency={"constant": "2s"})
    assert inquired(world, 0.5) == ("FAILED", 2.5)
    assert world.call(3, timeout=1) == ("UNKNOWN", 4)
    assert inquired(world, 4.5) == ("CONFLICT", 6.5)
    assert inquired(world, 7.0) == ("CAPTURED", 9.0)


def test_an_inquiry_about_a_refused_card_says_so() -> None:
    """Declined is an answer that needs no second call."""
    world = World(good=False)
    world.call(1)
    assert inquired(world, 3.0) == ("DECLINED", 4.0)


def test_an_inquiry_can_fail_like_any_call() -> None:
    """Slower than the caller waits, or while the provider is down, or with its answer lost: nothing is known."""
    assert inquired(World(latency={"constant": "9s"}), 1.0) == ("UNKNOWN", 6.0)
    assert inquired(World([Spell(0, 10, down=True)]), 1.0) == ("UNKNOWN", 1.0 + REFUSAL_S)
    assert inquired(World([Spell(0, 10, down=True, hangs=True)]), 1.0) == ("UNKNOWN", 6.0)
    assert inquired(World(ambiguous="100%"), 1.0) == ("UNKNOWN", 6.0)


def test_a_late_charge_is_not_there_when_somebody_asks() -> None:
    """The call hangs for a minute where the provider doesn't see it, and charges all the same."""
    world = World(late={"p": "100%", "by": {"constant": "60s"}})
    assert world.call(1) == ("UNKNOWN", 6)
    assert inquired(world, 10.0) == ("FAILED", 11.0)
    assert inquired(world, 61.5) == ("CONFLICT", 62.5)
    assert inquired(world, 63.0) == ("CAPTURED", 64.0)
    assert world.captured == [62]


def test_the_answer_comes_some_time_after_the_charge() -> None:
    """The money moves first."""
    for answer, known in (("500ms", 2.5), ("1s", 3)):
        world = World(answer={"constant": answer})
        assert world.call(1) == ("CAPTURED", known)
        assert world.captured == [2]


def test_an_answer_in_the_last_moment_is_an_answer() -> None:
    """Waiting just as long as it takes is enough, for a call and for an inquiry."""
    world = World()
    assert world.call(1, timeout=1) == ("CAPTURED", 2)
    assert inquired(world, 3.0, timeout=1) == ("CAPTURED", 4.0)


def test_what_has_just_happened_has_happened() -> None:
    """A call is known from the moment it is made, and over from the moment its money is taken or its card is refused."""
    for good, settled in ((True, "CAPTURED"), (False, "DECLINED")):
        for at, said in ((1.0, "CONFLICT"), (2.0, settled)):
            world = World(good=good)
            world.env.run(until=1)
            world.provider.charge(Order(0, 0, 0, 650, 0.0), 5.0)
            assert inquired(world, at) == (said, at + 1)


def test_a_key_is_replayed_from_the_moment_its_call_is_over() -> None:
    """At that very moment it is no conflict any more, and the replay takes a call's time."""
    world = World(keys={"in_flight": "conflict"})
    assert world.call(1, "k") == ("CAPTURED", 2)
    assert world.call(2, "k") == ("CAPTURED", 3)


def test_an_inquiry_over_which_the_provider_breaks_down_says_nothing() -> None:
    """Refused or broken: unknown, after the time of a call."""
    for knobs in ({"failed": "100%"}, {"errored": "100%"}):
        assert inquired(World(**knobs), 1.0) == ("UNKNOWN", 2.0)


def test_inquiries_are_slow_in_a_brownout() -> None:
    """Asking takes as long as charging."""
    assert inquired(World([Spell(0, 10, slower=4)]), 1.0) == ("FAILED", 5.0)


def test_every_inquiry_has_luck_of_its_own() -> None:
    """Half of the answers are lost: of twenty inquiries about one order neither all nor none, also after the first two."""
    world = World(ambiguous="50%")
    said = [inquired(world, 10.0 * turn)[0] for turn in range(1, 21)]
    assert set(said[2:]) == {"FAILED", "UNKNOWN"}


def news(world: World, *, not_taken_first: int = 0) -> list[tuple[str, float]]:
    """Webhooks as they come in: what they say, and when. The first few are not taken."""
    heard: list[tuple[str, float]] = []

    def listen(order: Order, outcome: Outcome, not_taken: Callable[[], None]) -> None:
        heard.append((outcome.name, world.env.now))
        if len(heard) <= not_taken_first:
            not_taken()

    world.provider.on_news(listen)
    return heard


HOOKS: dict[str, Any] = {"delay": {"constant": "10s"}}


@pytest.mark.parametrize(("usual", "then", "said"), [("0%", 1.0, "ERROR"), ("100%", 0.0, "CAPTURED"), ("100%", None, "ERROR")])
def test_a_spell_has_a_share_of_errors_of_its_own(usual: str, then: float | None, said: str) -> None:
    """While it lasts it is that share and not the usual one; a spell that says nothing of it leaves it as it is."""
    world = World([Spell(0, 10, slower=2.0, errored=then)], errored=usual)
    assert world.call(1)[0] == said


def test_a_webhook_tells_of_a_charge_once() -> None:
    """Ten seconds after the money was taken; a replay is no news."""
    world = World(webhooks=HOOKS)
    heard = news(world)
    world.call(1, "k")
    world.call(5, "k")
    world.env.run(until=100)
    assert heard == [("CAPTURED", 12)]


@pytest.mark.parametrize(
    ("knobs", "said"),
    [({"failed": "100%"}, "FAILED"), ({"good": False}, "DECLINED"), ({"errored": "100%"}, "ERROR")],
)
def test_webhooks_tell_of_charges_and_perhaps_of_refused_calls(knobs: dict[str, Any], said: str) -> None:
    """A refused call is told where the provider tells failures; a refused card and a breakdown never are."""
    for failures, expected in ((False, []), (True, [("FAILED", 12)] if said == "FAILED" else [])):
        world = World(webhooks={**HOOKS, "failures": failures}, **knobs)
        heard = news(world)
        assert world.call(1)[0] == said
        world.env.run(until=100)
        assert heard == expected


def test_a_webhook_that_nobody_took_comes_again() -> None:
    """After the pause and a new delay, until somebody takes it; lost ones never come."""
    world = World(webhooks={**HOOKS, "retry": "60s"})
    heard = news(world, not_taken_first=2)
    world.call(1)
    world.env.run(until=1000)
    assert heard == [("CAPTURED", 12), ("CAPTURED", 82), ("CAPTURED", 152)]
    lost = World(webhooks={**HOOKS, "lost": "100%"})
    heard = news(lost)
    lost.call(1)
    lost.env.run(until=200)
    assert heard == []


def test_webhooks_have_luck_of_their_own() -> None:
    """Half of them lost and half of them followed by another: over forty charges some came never, some once, some again."""
    world = World(webhooks={**HOOKS, "lost": "50%", "duplicated": "50%"})
    heard = news(world)
    numbers = []
    for turn in range(40):
        before = len(heard)
        world.call(1 + 100 * turn)
        world.env.run(until=90 + 100 * turn)
        numbers.append(len(heard) - before)
    assert {0, 1, 2} <= set(numbers)


def test_even_webhooks_that_always_come_again_have_an_end() -> None:
    """Sixty-four deliveries of a call in a row, and no more."""
    world = World(webhooks={**HOOKS, "duplicated": "100%"})
    heard = news(world)
    world.call(1)
    world.call(5)
    world.env.run(until=1000)
    assert len(heard) == 2 * 64


def test_draws_belong_to_the_purchase_and_its_nth_call() -> None:
    """So that all designs meet the same provider; other names or places would make another. Only what may happen draws."""
    plain = World()
    plain.call(1)
    plain.call(5)
    assert plain.streams.drawn == [(name, 0, call) for call in (0, 1) for name in ("provider.latency", "provider.fate")]

    late = World(late={"p": "100%", "by": {"constant": "2s"}}, answer={"constant": "1s"})
    late.call(1)
    late.call(9)
    names = ("provider.latency", "provider.fate", "provider.late", "provider.late.by", "provider.answer")
    assert late.streams.drawn == [(name, 0, call) for call in (0, 1) for name in names]


def test_inquiries_and_refunds_draw_beyond_all_calls() -> None:
    """So that nobody who asks meets another provider than those who don't."""
    world = World()
    world.call(1)
    world.streams.drawn.clear()
    inquired(world, 5.0)
    inquired(world, 9.0)
    world.provider.refund(0)
    assert world.streams.drawn == [
        ("provider.latency", 0, 500_000),
        ("provider.fate", 0, 500_000),
        ("provider.latency", 0, 500_001),
        ("provider.fate", 0, 500_001),
        ("provider.latency", 0, 1_000_000),
    ]


@pytest.mark.parametrize(("duplicated", "not_taken_first"), [("50%", 0), ("0%", 2)])
def test_webhooks_draw_by_delivery(duplicated: str, not_taken_first: int) -> None:
    """Each delivery of a call has a delay and two fates of its own, whether it repeats another or was not taken; the next call
    has other places.
    """
    world = World(webhooks={**HOOKS, "duplicated": duplicated, "retry": "60s"})
    news(world, not_taken_first=not_taken_first)

    def places(name: str) -> list[int]:
        return sorted({place for drawn, _, place in world.streams.drawn if drawn == f"provider.webhook.{name}"})

    for first, start_s in ((0, 1), (64, 501)):
        world.streams.drawn.clear()
        world.call(start_s)
        world.env.run(until=start_s + 450)
        deliveries = len(places("delay"))
        assert deliveries
        assert places("delay") == list(range(first, first + deliveries))
        assert places("fate") == list(range(2 * first, 2 * (first + deliveries)))


@pytest.mark.parametrize(
    ("knobs", "said", "webhooks"),
    [
        ({"failed": "50%"}, "CAPTURED", 1),
        ({"ambiguous": "50%"}, "CAPTURED", 1),
        ({"errored": "50%"}, "ERROR", 0),
        ({"late": {"p": "50%", "by": {"constant": "60s"}}}, "CAPTURED", 1),
        ({"webhooks": {**HOOKS, "lost": "50%"}}, "CAPTURED", 1),
        ({"webhooks": {**HOOKS, "duplicated": "50%"}}, "CAPTURED", 1),
    ],
)
def test_a_probability_counts_the_draws_below_it(knobs: dict[str, Any], said: str, webhooks: int) -> None:
    """Draws are from [0, 1): just .5 is one of the upper half, which is spared, or (errored) struck from above."""
    world = World(uniform=0.5, **{"webhooks": HOOKS, **knobs})
    heard = news(world)
    assert world.call(1) == (said, 2)
    world.env.run(until=100)
    assert len(heard) == webhooks


# What an observer hears

SEVENTH = Order(7, 0, 0, 650, 0.0)


def test_a_charge_is_told_with_all_that_will_come_of_it() -> None:
    """Who calls for which order, its key, what happens at the provider and what the caller sees, each with its time."""
    observer = Listening()
    world = World(observer=observer, good=False, answer={"constant": "500ms"})
    world.wait(1)
    assert world.end(world.provider.charge(SEVENTH, 1.2, "k", caller="payment")) is Outcome.UNKNOWN
    [(_, _, _, call), heard] = observer.heard_of
    assert observer.heard_of[0] == ("charged", "payment", 7, call)
    assert (call.key, call.timeout_s, call.result, call.done_s) == ("k", 1.2, Outcome.DECLINED, 2.5)
    assert np.isnan(call.captured_s)
    assert (call.outcome, call.answered_s) == (Outcome.UNKNOWN, 2.2)
    assert heard == ("heard", "payment", 7)


def test_an_inquiry_is_told_with_its_answer() -> None:
    """Who asks about which order, what they will be told and when, and how long they would have waited."""
    observer = Listening()
    world = World(observer=observer)
    world.wait(3)
    answer = world.provider.inquire(SEVENTH, 5.0, caller="completer")
    assert observer.heard_of == [("inquired", "completer", 7, Outcome.FAILED, 4.0, 5.0)]
    assert world.end(answer) is Outcome.FAILED
    assert world.env.now == 4
    assert observer.heard_of[1:] == [("heard", "completer", 7)]


def test_who_asks_is_the_checkout_unless_said_otherwise() -> None:
    """Of charges, inquiries and refunds."""
    observer = Listening()
    world = World(observer=observer)
    for ask in (lambda: world.provider.charge(SEVENTH, 5.0), lambda: world.provider.inquire(SEVENTH, 5.0)):
        world.end(ask())
    world.provider.refund(0)
    assert [(what, who) for what, who, *_ in observer.heard_of] == [
        ("charged", "checkout"),
        ("heard", "checkout"),
        ("inquired", "checkout"),
        ("heard", "checkout"),
        ("refunded", "checkout"),
    ]


def test_an_answer_that_is_there_at_once_is_heard_at_once() -> None:
    """Nobody can have died in no time."""
    observer = Listening()
    world = World(observer=observer, latency={"constant": "0s"})
    assert world.provider.charge(SEVENTH, 5.0).value is Outcome.CAPTURED
    assert [what for what, *_ in observer.heard_of] == ["charged", "heard"]


def test_an_answer_that_nobody_waits_for_is_not_heard() -> None:
    """Whoever called is dead when it comes; the call itself was told."""
    observer = Listening()
    world = World(observer=observer)
    world.provider.charge(SEVENTH, 5.0)
    world.provider.inquire(SEVENTH, 5.0)
    world.wait(100)
    assert [what for what, *_ in observer.heard_of] == ["charged", "inquired"]


def test_a_refund_is_told_once() -> None:
    """Who gives back how much of which purchase; refunding twice changes nothing, so it is no news."""
    observer = Listening()
    world = World(observer=observer, good=True)
    world.call(1)
    observer.heard_of.clear()
    world.provider.refund(0, caller="reconciler")
    world.provider.refund(0, caller="reconciler")
    assert observer.heard_of == [("refunded", "reconciler", 0, 650)]


def test_a_webhook_is_told_when_it_arrives() -> None:
    """Of which order, and what; what follows the first of a call is told as one that was sent again."""
    observer = Listening()
    world = World(observer=observer, webhooks={**HOOKS, "retry": "60s"})
    taken = news(world, not_taken_first=2)
    for start_s in (1, 501):
        world.wait(start_s)
        world.provider.charge(SEVENTH, 5.0)
        world.wait(start_s + 450)
    told = [("delivered", 7, Outcome.CAPTURED, again) for again in (False, True, True, False)]
    assert [one for one in observer.heard_of if one[0] == "delivered"] == told
    assert len(taken) == len(told)
