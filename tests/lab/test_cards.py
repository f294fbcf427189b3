"""How results show themselves: whole, escaped, small, and asking for nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import sim
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.counterexamples.hunt import Hunt
from sim.experiment.cells_compared import CellsCompared
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.optimise import Optimum
from sim.experiment.screening import Screening
from sim.experiment.size import Sizings
from sim.experiment.sweep import Sweep
from sim.experiment.swings import Swings
from sim.explanation.story import Explanation
from sim.failure_windows.matrix import Matrix
from sim.lab import cards
from sim.lab.run import Run
from sim.validation.cases import Validity

VOID = {"br", "img"}
SMALL = 40_000  # bytes: less than a picture


class Text(HTMLParser):
    """The text of a piece of HTML; its elements are closed in order, and nothing is fetched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "iframe")
        assert all(name not in ("src", "href") or (value or "").startswith("data:") for name, value in attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.found.append(data)


def said(html: str | None) -> str:
    assert html is not None
    assert len(html.encode()) < SMALL
    return " ".join(" ".join(Text(html).found).replace("\u00a0", " ").split())


def test_a_comparison_says_what_it_found(compared: Comparison) -> None:
    """Scenario, mornings, a sentence a design, the objectives with their status, and where there is more."""
    text = said(compared._repr_html_())
    for part in ("storm", "3 mornings, seeds 0 to 2", "outbox charged nobody twice", "✗ violated", "✓ met", ".plot.morning()"):
        assert part in text
    assert repr(compared) == "<naive, outbox in storm: 3 mornings from seed 0>"


def test_one_morning_speaks_of_no_intervals(storm: Scenario) -> None:
    """There are none to be in brackets."""
    assert "intervals" not in said(sim.compare(storm, "outbox", mornings=1, jobs=1)._repr_html_())
    assert "intervals" not in said(sim.sweep(storm, "checkout.workers=8", "outbox", mornings=1, jobs=1)._repr_html_())
    assert "intervals" in said(sim.compare(storm, "outbox", mornings=2, jobs=1)._repr_html_())


def test_a_run_says_how_it_went(ran: Run) -> None:
    """Design, scenario, the seed, and how long its tables are."""
    text = said(ran._repr_html_())
    for part in ("naive in storm", "the morning of seed 2, 07:00 to 07:06", f"{len(ran.charges):,} charges", "✗ violated"):
        assert part in text
    assert repr(ran) == "<naive in storm: the morning of seed 2>"


def test_every_result_shows_itself(
    explained: Explanation, surveyed: Matrix, swept: Sweep, sized: Sizings, curve: CostCurve, moved: Swings, front: Optimum,
    divided: CellsCompared, hunted: Hunt, proven: Validity,
) -> None:  # fmt: skip
    """Each says what it is about, what was found, and what more there is; in a terminal it is one line."""
    for result, parts in (
        (explained, (explained.sentence, "violated this customer was charged twice", "from: idempotent", ".plot.sequence()")),
        (surveyed, ("Failure windows", "W1 Double tap", "naive closes 0 of 2", "open", "closed", ".states")),
        (swept, ("storm by app.timeout", "2s naive violated", "cost_per_1000", ".plot.lines()")),
        (sized, ("Sized for storm", "outbox needs", "✓ met", ".capacity")),
        (curve, ("What it costs in storm", "peak 10/min outbox", ".plot.cost_by_peak()")),
        (moved, ("What moves naive in storm", "1 of 2 inputs", "app.timeout 8s +", ".plot.tornado()", ".effects")),
        (front, ("The front in storm", "3 designs tried", "is beaten by nobody", ".plot.pareto()", ".designs")),
        (divided, ("outbox in storm, divided into cells", "whole 2 cells", "cost_per_1000", ".changes")),
        (hunted, ("The hunt for naive", "violated charged at most once", "1 of 1", ".victims", ".scenario")),
        (proven, ("Cases with a known answer", "all numbers agree", "mm1", "✓ agrees", ".numbers")),
    ):
        text = said(result._repr_html_())
        for part in parts:
            assert part in text
        assert "\n" not in repr(result)
        assert len(repr(result)) < 200


def test_a_long_sweep_shows_its_beginning(swept: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how many points are left out."""
    monkeypatch.setattr(cards, "MOST_ROWS", 3)
    text = said(swept._repr_html_())
    assert "and 1 more points, all of them in .metrics" in text
    assert "8s naive" in text
    assert "8s outbox" not in text


def test_every_kind_of_result_has_a_card() -> None:
    """Whatever can show itself is in the registry, and nothing else has a card."""
    from sim.config.showing import Shown

    assert set(Shown.__subclasses__()) == set(cards.CARDS) - {Scenario, Design}
    assert cards.card("text") is None


def test_a_screening_shows_the_most_influential_first(storm: Scenario) -> None:
    """As its DataFrame has them."""
    pytest.importorskip("SALib")
    found = sim.sensitivity(storm, "naive", ["faults[0].ambiguous", "customers.patience"], metrics="double_charge_rate",
                            method="morris", samples=2, mornings=1, jobs=1)  # fmt: skip
    assert isinstance(found, Screening)
    text = said(found._repr_html_())
    for part in ("What moves naive in storm", "morris, 6 points, 1 morning each", "mu_star", "faults[0].ambiguous", ".effects"):
        assert part in text
    assert found.effects["mu_star"].is_monotonic_decreasing
    assert list(found.effects.columns) == ["mu_star", "mu_star_half", "sigma"]


def test_a_design_that_survives_a_hunt() -> None:
    """It kept its promises, in so many worlds."""
    text = said(sim.hunt("outbox", "charged_at_most_once", worlds=3)._repr_html_())
    assert "outbox survived 3 worlds and kept: charged at most once." in text


def test_scenarios_and_designs_show_themselves(storm: Scenario) -> None:
    """A scenario with its story, faults and objectives; a design with its components, promises, and what it changes."""
    text = said(storm._repr_html_())
    for part in ("storm", "scenario, 07:00 to 07:06", "provider brownout at 07:02", "ack_latency_p95 at most 1 s", "20/min"):
        assert part in text
    text = said(sim.load_design("no-provider-key")._repr_html_())
    for part in ("design, from outbox", "payment workers", "ordered at most once", "payment.key none"):
        assert part in text


def test_names_are_escaped(storm: Scenario) -> None:
    """Whatever somebody calls a scenario or a design is text."""
    named = sim.load_design("outbox").model_copy(update={"name": "<b>mine</b>"})
    html = sim.compare(
        storm.model_copy(update={"summary": "<script>x</script> & so"}), [named], mornings=1, jobs=1
    )._repr_html_()
    assert html is not None
    assert "<b>mine" not in html
    assert "<script>x</script> & so" in said(html)
