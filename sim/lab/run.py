"""One morning with all its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from sim.config import showing
from sim.config.design import Design
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.compare import Comparison, Result
from sim.experiment.mornings import Counted, Summary, simulate, summary
from sim.vocabulary import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import ComparisonPlots


@dataclass(repr=False)
class Run(showing.Shown):
    """One morning of one design. Its tables are DataFrames; times in them are seconds since the start of the morning, and NaN
    is what never happened.
    """

    scenario: Scenario
    design: Design
    seed: int
    summary: Summary
    frames: dict[str, pd.DataFrame] = field(repr=False)

    @property
    def purchases(self) -> pd.DataFrame:
        """A row a purchase, which is one person wanting one basket once.

        `submitted_s`, `acknowledged_s` ("we have your order"), `told_confirmed_s`, `seen_s` (in the status view), `left_s`
        (gave up), `good_card`, `told_failed`, `shown_cents`, `submissions`.
        """
        return self.frames["purchases"]

    @property
    def requests(self) -> pd.DataFrame:
        """A row an HTTP request of the app.

        `purchase`, `submission`, `attempt`, `fate`, `answer`, `sent_s`, `answered_s`.
        """
        return self.frames["requests"]

    @property
    def returns(self) -> pd.DataFrame:
        """A row a request with which the app came back from the provider's page: `purchase`, `request` (its row), `order`."""
        return self.frames["returns"]

    @property
    def charges(self) -> pd.DataFrame:
        """A row a call to the payment provider, which is the provider's own ledger.

        `purchase`, `order`, `outcome` as the caller saw it, `cents`, `sent_s`, `answered_s`, `captured_s` (money taken by this
        call), `refunded_s`.
        """
        return self.frames["charges"]

    @property
    def orders(self) -> pd.DataFrame:
        """A row an order when the morning has drained.

        `purchase`, `status`, `view_status` (missing: not in the view), `created_s`, `confirmed_s`, `changed_s`, `visible_s`,
        `view_changed_s`.
        """
        return self.frames["orders"]

    @property
    def awards(self) -> pd.DataFrame:
        """A row a loyalty award, with `purchase`, `order` and `awarded_s`."""
        return self.frames["awards"]

    @property
    def reads(self) -> pd.DataFrame:
        """A row a poll of the status view, with `purchase`, `stale`, `read_s`, and how long it had been behind, `behind_s`."""
        return self.frames["reads"]

    @property
    def holds(self) -> pd.DataFrame:
        """A row an authorisation, for designs that authorise first and capture later.

        `charge` (its row among the charges), `purchase`, `order`, `cents`, `captured_cents`, `voided_cents`, `expired_cents`,
        `authorised_s`, `released_s` (from when on nothing is held).
        """
        return self.frames["holds"]

    @property
    def captures(self) -> pd.DataFrame:
        """A row a call that captures authorised money.

        `hold` (the authorisation's row), `purchase`, `cents`, `outcome`, `sent_s`, `answered_s`, `captured_s`.
        """
        return self.frames["captures"]

    @property
    def refunds(self) -> pd.DataFrame:
        """A row a refund of a charge, or of a part of it: `charge` (its row), `purchase`, `cents`, `refunded_s`."""
        return self.frames["refunds"]

    @property
    def accounts(self) -> pd.DataFrame:
        """A row an account that somebody's purchase draws on.

        `kind` (which of the scenario's), `balance` (at the start), `left` (in the shop's book), `overwritten` (units written
        over what others had written).
        """
        return self.frames["accounts"]

    @property
    def takings(self) -> pd.DataFrame:
        """A row for what an order has taken out of an account.

        `purchase`, `order`, `account` (its row), `units`, `given_back` (units), `taken_s`, `given_back_s`, `sold_s` (the order
        was confirmed with it).
        """
        return self.frames["takings"]

    @property
    def stations(self) -> pd.DataFrame:
        """A row a station, with its `name`, `servers`, `arrivals`, `served`, `busy_s`, `waiting_s`, `queue_max`, …"""
        return self.frames["stations"]

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Every metric of this morning, indexed by its name.

        `value` (NaN: nothing to count, inf: never), `unit` (share, s, USD, count), `better` (lower, higher), `summary`.
        """
        import pandas as pd

        rows = [
            {"metric": name, "value": self.summary.metrics[name], "unit": metric.unit, "better": metric.better,
             "summary": metric.summary}
            for name, metric in METRICS.items()
        ]  # fmt: skip
        return pd.DataFrame(rows).set_index("metric")

    @cached_property
    def comparison(self) -> Comparison:
        """The same as a comparison of one design on one morning."""
        result = Result(self.design, self.scenario, [self.summary])
        prices = load_prices(self.scenario.prices)
        return Comparison(self.scenario, {self.design.name: result}, self.seed, 1, False, self.summary.wall_s, prices)

    @property
    def plot(self) -> ComparisonPlots:
        """The charts, such as `run.plot.morning()`."""
        return self.comparison.plot

    def __repr__(self) -> str:
        return f"<{self.design.name} in {self.scenario.name}: the morning of seed {self.seed}>"


def one_morning(scenario: Scenario, design: Design, seed: int) -> Run:
    """Simulate a morning, and keep its tables."""
    tables, evidence = simulate(scenario, design, load_prices(scenario.prices), seed)
    return Run(scenario, design, seed, summary(seed, [Counted(evidence.tally, evidence.bill, 0.0)]), tables.frames())
