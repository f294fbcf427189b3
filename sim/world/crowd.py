"""What all customers of a morning share: their habits, the app, and the tables that they write to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.config.design import App
from sim.config.scenario import Agents, Challenge, ReorderWhenStale, Scenario
from sim.ledger.records import Purchases, Reads, Requests, Returns, Small
from sim.vocabulary import Answer
from sim.world.engine import Alarms, Clock
from sim.world.observer import Observer
from sim.world.read_model import ReadModel
from sim.world.retry import Budget, policy
from sim.world.streams import Draw, Streams

if TYPE_CHECKING:
    from sim.world.checkout import Checkout
    from sim.world.database import Order

RETRIED = {
    "timeout": Answer.NONE, "conflict": Answer.CONFLICT, "failed": Answer.FAILED, "unavailable": Answer.UNAVAILABLE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoubleTapping:
    """The habit of tapping twice by mistake."""

    p: float
    draw: Draw
    gap_s: float


@dataclass(frozen=True, slots=True)
class OtherCard:
    """The habit of trying another card when one is declined."""

    p: float
    draw: Draw
    typing_s: Draw
    good: Small  # by purchase: whether the provider accepts the other one


@dataclass(frozen=True, slots=True)
class AtProvider:
    """What people do on the provider's page."""

    knobs: Challenge
    draw: Draw
    takes_s: Draw
    returns: Returns
    finish: Callable[[Order], bool]  # an order's payment; False if the provider is down


@dataclass(frozen=True, slots=True)
class Programs:
    """Those who let an agent buy for them."""

    knobs: Agents
    draw: Draw
    thinks_s: Draw

    def has(self, purchase: int) -> bool:
        """Whether this purchase is an agent's."""
        return self.draw(purchase, 0) < self.knobs.share


@dataclass(frozen=True, slots=True)
class Reordering:
    """The habit of ordering again when the status view stays behind."""

    knobs: ReorderWhenStale
    draw: Draw


class Crowd:
    """The crowd of one morning, or of one of its cells."""

    def __init__(
        self, env: Clock, scenario: Scenario, app: App, *, purchases: Purchases, requests: Requests, reads: Reads,
        checkout: Checkout, view: ReadModel, streams: Streams, returns: Returns, finish: Callable[[Order], bool],
        observer: Observer | None = None, other_cards: Small | None = None,
    ) -> None:  # fmt: skip
        people = scenario.customers
        self.env = env
        self.people = people
        # Knobs that are read all the time are plain attributes: reading one of a pydantic model takes seven times as long.
        self.key = app.key
        self.most_submissions = people.max_submissions
        self.poll_every_s, self.give_up_s = people.polling.every, people.polling.give_up
        self.horizon_s = scenario.clock.horizon_s
        self.app = app
        self.agents = None
        if people.agents.share:
            thinks_s = streams.times("customer.agent.thinks", people.agents.thinks)
            self.agents = Programs(people.agents, streams.uniform("customer.agent"), thinks_s)
        self.other_card = None
        if other_cards is not None:
            after = people.after_decline
            typing_s = streams.times("customer.other_card.takes", after.takes)
            self.other_card = OtherCard(after.other_card, streams.uniform("customer.other_card"), typing_s, other_cards)
        self.retry = policy(app.retry)
        self.retried = frozenset(RETRIED[answer] for answer in app.retry_on)
        self.timeouts = Alarms(env, app.timeout)
        self.budget = Budget(app.retry_budget)
        self.cents = scenario.traffic.price
        self.purchases = purchases
        self.requests = requests
        self.reads = reads
        self.checkout = checkout
        self.view = view
        self.patience_s = streams.times("customer.patience", people.patience)
        self.reaction_s = streams.times("customer.reaction", people.reaction)
        self.reaction = streams.uniform("customer.after_patience")
        self.double_tap = None
        if (habit := people.double_tap).p:
            self.double_tap = DoubleTapping(habit.p, streams.uniform("customer.double_tap"), habit.gap)
        self.reordering = None
        if people.reorder_when_stale.p:
            self.reordering = Reordering(people.reorder_when_stale, streams.uniform("customer.reorder"))
        self.appetite = streams.uniform("customer.basket") if people.changes_basket.p else None
        self.backoff = streams.uniform("app.backoff")
        challenge = scenario.provider.challenge
        draw, takes_s = streams.uniform("customer.challenge.fate"), streams.times("customer.challenge", challenge.takes)
        self.at_provider = AtProvider(challenge, draw, takes_s, returns, finish)
        self.observer = observer
