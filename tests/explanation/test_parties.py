"""Who takes part in a story: any component that acts, also one of an architecture of one's own, by whatever name it has."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.architectures import load_design
from sim.documents.story import document
from sim.explanation.mermaid import sequence, words
from sim.explanation.moments import StoryLine, lanes
from sim.explanation.story import Explanation, explain
from sim.style import figure_of
from tests.worlds import ONE_CUSTOMER, world

CANCELLER = """from sim.config.design import Design
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply


class Mine(Design):
    def handle(self, shop, request):
        yield shop.compute(request)
        order = yield from shop.insert(request)
        return Reply(Answer.PENDING, order)

    def cancel(self, shop):
        while True:
            yield shop.sleep(60.0)
            for order in list(shop.database.open.values()):
                yield from shop.settle(order, Outcome.FAILED)

    def set_up(self, shop):
        shop.background({name!r}, self.cancel)
"""
CONSUMER = """from sim.architectures.outbox import Outbox


class Mine(Outbox):
    def set_up(self, shop):
        super().set_up(shop)
        shop.consume({name!r}, self.look, workers=1)

    def look(self, shop, order):
        yield from shop.inquire(order)
"""
ALONE = """from sim.architectures.outbox import Outbox


class Mine(Outbox):
    def set_up(self, shop):
        shop.consume({name!r}, self.collect, workers=1)
        shop.background("night relay", self.publish)

    def collect(self, shop, order):
        outcome = yield from shop.charge(order)
        yield from shop.settle(order, outcome, tell=True)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder is the current one."""
    monkeypatch.chdir(tmp_path)


def told(text: str, name: str) -> Explanation:
    Path("mine.py").write_text(text.format(name=name), encoding="utf-8")
    explanation = explain(world(), load_design("mine.py"), purchase=0, most=0)
    assert isinstance(explanation, Explanation)
    return explanation


NAMES = ["canceller", "end", "night shift", "a_cron_with_a_name_too_long_for_any_lane_of_a_diagram", r"$\no; math$"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", [CANCELLER, CONSUMER, ALONE], ids=["background", "consumer", "alone"])
def test_every_party_that_acts_is_drawn(text: str, name: str) -> None:
    """In the picture a lane, in Mermaid's text a participant, in the JSON the one who acts; whatever its name is."""
    explanation = told(text, name)
    acting = {moment.who for moment in explanation.moments}
    assert name in acting
    axes = explanation.plot.sequence()
    figure_of(axes).canvas.draw()
    drawn = [label.get_text() for label in axes.texts]
    assert any(label.replace("\n", " ").rstrip("…")[:8] == name[:8] for label in drawn)
    lines = sequence(explanation.moments).splitlines()
    declared = {line.split()[1]: line.split(" as ")[1] for line in lines if line.startswith("    participant ")}
    assert {words(who) for who in acting} <= {*declared.values(), "database", "payment", "provider", "read_model"}
    assert "end" not in declared
    assert [line for line in lines if "->" in line and not {line.split("-")[0].strip()} <= set(declared)] == []
    assert name in {moment["who"] for moment in document(explanation)["moments"]}


def test_a_consumer_is_told_by_name() -> None:
    """The relay's arrow goes to the payment workers where there are any, and else to one's own consumer."""
    publishing = [(moment.text, moment.to) for moment in told(CONSUMER, "mine").moments if moment.text.startswith("tells")]
    assert publishing[0] == ("tells the payment workers, mine and the status view: order 0 PENDING", "payment")
    publishing = [(moment.text, moment.to) for moment in told(ALONE, "mine").moments if moment.text.startswith("tells")]
    assert publishing[0] == ("tells mine and the status view: order 0 PENDING", "mine")


def test_other_parties_stand_before_the_provider() -> None:
    """Those of every design have their usual order, the others come in as they act."""
    moments = [StoryLine(0, "provider", "", "zebra"), StoryLine(1, "loyalty", ""), StoryLine(2, "ape", "", "app")]
    assert lanes(moments) == ["app", "zebra", "ape", "provider", "loyalty"]


def test_from_python_too() -> None:
    """The same explanation and its picture by `sim.explain`."""
    Path("mine.py").write_text(CANCELLER.format(name="canceller"), encoding="utf-8")
    Path("tiny.yaml").write_text(ONE_CUSTOMER + 'traffic: {times: ["07:00"]}\n', encoding="utf-8")
    explanation = sim.explain("tiny.yaml", "mine.py")
    assert isinstance(explanation, Explanation)
    assert "canceller" in explanation.mermaid
    assert "canceller" in [label.get_text() for label in explanation.plot.sequence().texts]
