"""An honest class has the same morning, and the same grade, whether it runs in a process of its own or here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.architectures import ARCHITECTURES, load_design, new_file
from sim.config.errors import ConfigError
from sim.kata import documents
from sim.kata.check import check
from sim.kata.exercises import EXERCISES, FIRST
from sim.kata.grading import grade
from sim.ledger.capacity import least_workers
from tests.kata.apart.told import apart, facts, morning, written
from tests.tiers import slow

LESSON = Path(__file__).parents[3] / "docs" / "write-an-architecture.md"
CLASSES = {name: new_file(kind, "mine.py") for name, kind in ARCHITECTURES.items()} | {
    f"step {number}": text
    for number, text in enumerate(re.findall(r"```python\n(.+?)```", LESSON.read_text("utf-8"), re.DOTALL), 1)
}
KNOBS = {  # lines of a design's file that lead a built-in architecture through its other steps
    "idempotent": "claim: {in_flight: wait}\npayment: {webhooks: checked, in_transaction: true, sdk: {tries: 2}}\n",
    "outbox": "relay: {finds: by_id}\n"
    "payment: {capture: {after: 30s}, webhooks: checked, news: direct, autoscale: {min: 2, max: 30}}\n",
    "webhooks-first": "payment: {webhooks: checked, returns: believed, finishes: unguarded}\n",
    "inquiry": "claim: {guard: check_then_mark}\nrecovery: {cancel_after: 30s}\n",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", slow(CLASSES, but=["outbox"]))
def test_the_same_morning(name: str) -> None:
    """Of every built-in architecture as a file of one's own, and of every step of the lesson: each row of each table."""
    file = written(CLASSES[name])
    with apart(file) as design:
        told = facts(morning(design))
    assert told == facts(morning(load_design(file)))


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOBS)
def test_the_same_morning_with_other_knobs(name: str) -> None:
    """A design's file starts from the class; its knobs are read in the other process and hold here."""
    written(CLASSES[name])
    Path("design.yaml").write_text(f"architecture: mine.py:Mine\n{KNOBS[name]}", encoding="utf-8")
    with apart("mine.py", file="design.yaml") as design:
        told = facts(morning(design))
    assert told == facts(morning(load_design("design.yaml")))


EITHER = """
from sim.config.design import Claims, Design, Keys
from sim.vocabulary import Answer
from sim.world.checkout import Reply

class Mine(Design):
    defaults = {"app": {"key": "purchase"}}
    claim: Claims = Claims()
    keys: Keys = Keys(ttl="1h")

    def handle(self, shop, request):
        yield shop.compute(request)
        if int(request.sent_s * 10) % 2:
            order, known = yield from shop.accept(request, self.keys)
        else:
            claim = yield from shop.claim(request, self.claim)
            order = claim.order
        early, late = shop.sleep(3), shop.sleep(2)
        yield late
        yield early
        yield early
        return Reply(Answer.PENDING, order)
"""


@pytest.mark.slow
def test_mornings_of_one_process() -> None:
    """Each begins anew, whichever knobs its first customer meets; and what was begun together is waited for together."""
    file = written(EITHER)
    with apart(file) as design:
        told = [facts(morning(design, seed=seed)) for seed in range(6)]
    assert told == [facts(morning(load_design(file), seed=seed)) for seed in range(6)]


@pytest.mark.slow
def test_a_payment_of_ones_own() -> None:
    """Knobs of one's own stay with the class, but for those that the world and the bill look for by their names."""
    own = CLASSES["naive"].replace("import Design\n", "import Design, Payment\n")
    own = own.replace("    promises", "    payment: Mine1 = Mine1()\n    promises")
    own = own.replace("\nclass ", "\nclass Mine1(Payment):\n    {}\n\nclass ")
    for knobs in ("calm: int = 1", 'key: str = "order"', "workers: int = 7", "autoscale: dict | None = None"):
        file = written(own.replace("{}", knobs))
        with apart(file) as design:
            told = facts(morning(design))
            bill = least_workers(design)
        assert told == facts(morning(load_design(file)))
        assert bill == least_workers(load_design(file)) == 16 + 7 * ("workers" in knobs)
    with (
        pytest.raises(ConfigError, match=r"mine\.py:\d+: payment\.key: expected one of none, attempt, order \(got .mine.\)"),
        apart(written(own.replace("{}", 'key: str = "mine"'))),
    ):
        pass


@pytest.mark.slow
def test_renewals_and_accounts_too() -> None:
    """Requests that no customer waits for, and what is used up."""
    _, world = EXERCISES["second"].unseen()[0]
    file = written(CLASSES["idempotent"])
    with apart(file) as design:
        told = facts(morning(design, world))
    assert told == facts(morning(load_design(file), world))


@pytest.mark.deep
@pytest.mark.parametrize("name", CLASSES)
def test_the_same_grade(name: str, tmp_path: Path) -> None:
    """Points, reasons and digest of a class that is graded are those of its check here."""
    room = tmp_path / "class"
    room.mkdir()
    (room / "mine.py").write_text(CLASSES[name], encoding="utf-8")
    [one] = grade(room, seed=1000, timeout_s=300.0, run_code=True)
    expected = documents.check(check(load_design(written(CLASSES[name])), FIRST, seed=1000))
    assert (one.error, one.score, one.design) == ("", expected["score"], expected["design"])
    assert [list(reasons) for reasons in one.reasons] == [stage["reasons"] for stage in expected["stages"]]
