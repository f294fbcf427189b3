"""An agent: a program that buys for somebody, by calling the shop's payment tool.

It has no patience and no hands. It makes a plan, which is one call of the tool or several at the same time, and when it has
heard nothing by its deadline it thinks for a moment and plans again. The tool is the app: it has its timeout, its retries and
its key, unless it takes the key that the agent makes up for each call (`app.agent_key: given`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.world.crowd import Crowd
from sim.world.customer import MOST_REQUESTS, Customer, Request

if TYPE_CHECKING:
    from sim.world.database import Order


class Agent(Customer):
    """One purchase of an agent, from its first plan to the last look at the status view."""

    __slots__ = ("calls", "failed", "thinking")

    def __init__(self, crowd: Crowd, purchase: int) -> None:
        self.calls: list[Request] = []  # of the last plan
        self.failed = 0  # of these
        self.thinking = 0  # the plan after which it thinks about another
        crowd.purchases.agent[purchase] = 1
        super().__init__(crowd, purchase)

    def tap(self, *, twice: bool = True) -> None:  # noqa: ARG002  it has no finger that could slip
        """Make a plan, and call the tool."""
        crowd = self.crowd
        assert crowd.agents is not None
        agents = crowd.agents.knobs
        if self.submissions >= agents.plans:
            self._leave()
            return
        self.submissions += 1
        crowd.purchases.submissions[self.purchase] = plan = self.submissions
        if crowd.observer is not None:
            crowd.observer.planned(self)
        self.calls, self.failed = [], 0
        for _ in range(agents.parallel):
            crowd.budget.first()
            if crowd.app.agent_key == "given":
                self.fresh_key = self.purchase * MOST_REQUESTS + MOST_REQUESTS // 2 + self.requests
            self._send(plan, 1)
        if crowd.env.now + agents.deadline < crowd.horizon_s:
            crowd.env.call(agents.deadline, self._patience_ends, plan)

    def _send(self, submission: int, attempt: int, returning: Order | None = None) -> Request:
        request = super()._send(submission, attempt, returning)
        self.calls.append(request)
        return request

    def _send_again(self, request: Request) -> None:
        """The tool's own retry of a call has the key of that call."""
        if self.crowd.app.agent_key == "given":
            self.fresh_key = request.key
        super()._send_again(request)

    def _retry(self, request: Request) -> None:
        if request.submission == self.submissions or self._hears_late:
            super()._retry(request)

    @property
    def _hears_late(self) -> bool:
        return self.crowd.agents is not None and self.crowd.agents.knobs.late == "taken"

    def _after_failure(self, submission: int) -> None:
        """The agent plans again when all calls of its plan have failed, or its order."""
        assert self.crowd.agents is not None
        agents = self.crowd.agents.knobs
        self.failed += 1
        if (self.failed >= agents.parallel or self.order is not None) and not self._takes_other_card():
            self._think(submission)

    def _react(self, submission: int) -> None:
        """The deadline is over: the calls of the plan are given up, unless their answers are heard whenever they come."""
        if not self._hears_late:
            for call in self.calls:
                call.closed = True
            self.crowd.checkout.left(self.purchase)
        self._think(submission)

    def _think(self, plan: int) -> None:
        agents = self.crowd.agents
        assert agents is not None
        if self.thinking < plan:
            self.thinking = plan
            self.crowd.env.call(agents.thinks_s(self.purchase, plan), self._plan_again, plan)

    def _plan_again(self, plan: int) -> None:
        assert self.crowd.agents is not None
        agents = self.crowd.agents.knobs
        if plan != self.submissions or self.acknowledged or self.done:
            return
        if plan >= agents.plans:
            self._leave()  # without a look
        else:
            self._looking_first(self.tap)

    def _lose_faith(self, now: float) -> None:
        """It looks for as long as it may, and does not order again because a view is behind."""
