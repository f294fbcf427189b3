"""What goes wrong in a story of one's own is said with file, line, customer and time, and the run ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sim.architectures import guard, load_design
from sim.config.errors import ConfigError
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.world.shop import STEPS
from tests.worlds import ONE_CUSTOMER, morning, world

HEAD = """from sim.architectures.outbox import Outbox
from sim.architectures.idempotent import Idempotent
from sim.vocabulary import Answer, Outcome, Status
from sim.world.checkout import Reply

SEEN = {}


class Mine(Outbox):
    def handle(self, shop, request):
"""
ACCEPT = """        yield shop.compute(request)
        order, known = yield from shop.accept(request, self.claim)
"""
REPLY = "        return Reply(Answer.PENDING, order)\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder is the current one."""
    monkeypatch.chdir(tmp_path)


def said(body: str, text: str = ONE_CUSTOMER) -> str:
    """The message about a file in a world of one customer, who comes at 07:00."""
    Path("my.py").write_text(HEAD + body, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        morning(world(text), load_design("my.py"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        (f"{ACCEPT}        return order\n", 10, "handle: it ends with an Order; expected a Reply, like"),
        (ACCEPT, 10, "handle: it ends with nothing; expected a Reply, like `return Reply(Answer.CONFIRMED, order)`"),
        (f"{ACCEPT}        return Reply(202, order)\n", 10, "handle: Reply with int 202; expected an Answer, like"),
        (f"{ACCEPT}        return Reply(Answer.PENDING, 0)\n", 10, "handle: Reply(PENDING) with int 0; expected the order"),
        ("        return Reply(Answer.PENDING)\n", 10, "handle: not a story, since there is no `yield` in it"),
        (f"{ACCEPT}        yield\n{REPLY}", 13, "`yield` of nothing; expected something to wait for, like"),
        (f"{ACCEPT}        yield getattr(shop, 'settle')(order, Outcome.FAILED)\n{REPLY}", 13, "`yield` of a story, settle:"),
        (f"{ACCEPT}        yield from getattr(shop, 'sleep')(1.0)\n{REPLY}", 13,
         "TypeError: 'Coming' object is not iterable; something to wait for takes `yield`, a story `yield from`"),
        (f"{ACCEPT}        step = getattr(shop, 'insert')(request)\n        yield from shop.charge(step)\n{REPLY}", 14,
         "AttributeError: 'generator' object has no attribute"),
        (f"{ACCEPT}        1 / 0\n{REPLY}", 13, "ZeroDivisionError: division by zero"),
        (f"{ACCEPT}        raise SystemExit(3)\n{REPLY}", 13, "SystemExit: 3"),
        (f"{ACCEPT}        raise GeneratorExit\n{REPLY}", 13, "GeneratorExit"),
        (f"{ACCEPT}        raise BaseException('no')\n{REPLY}", 13, "BaseException: no"),
        (f"{ACCEPT}        from sim.config.errors import ConfigError\n        raise ConfigError('no')\n{REPLY}", 14,
         "ConfigError: no"),
        (f"{ACCEPT}        import simpy\n        yield simpy.Environment().timeout(1)\n{REPLY}", 14,
         "an event of another environment, which never comes"),
        (f"{ACCEPT}        next(iter([]))\n{REPLY}", 13, "StopIteration"),
        (f"{ACCEPT}        yield shop.sleep(-1)\n{REPLY}", 13, "a wait of -1 s; expected 0 s or more"),
        (f"{ACCEPT}        yield shop.sleep(float('nan'))\n{REPLY}", 13, "a wait of nan s; expected 0 s or more"),
        (f"{ACCEPT}        self.paid = order\n{REPLY}", 13, "Mine: paid: Instance is frozen; what must survive"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_request(body: str, line: int, message: str) -> None:
    """The line that made it, the customer it happened to, and when."""
    told = said(body)
    assert told.startswith(f"my.py:{line}: {message}")
    assert told.endswith("customer 0, seed 0)") or "(customer 0, 07:00, seed 0)" in told


def test_a_story_that_cannot_begin() -> None:
    """It is told where it stands, though none of it was run."""
    told = said(f"{ACCEPT}{REPLY}\n    def handle(self, shop):\n        yield\n")
    assert told.startswith("my.py:15: TypeError: Mine.handle() takes 2 positional arguments but 3 were given (customer 0, ")


def test_mistakes_beside_the_requests() -> None:
    """A background story knows which order it had in hand, a worker's has to say when to ask again, and none may just end."""
    relay = """
    def publish(self, shop):
        while True:
            rows = yield from shop.next_rows(self.relay)
            for row in rows:
                row.nothing
"""
    assert said(f"{ACCEPT}{REPLY}{relay}") == (
        "my.py:19: AttributeError: 'OutboxRow' object has no attribute 'nothing' (customer 0, 07:00:01, seed 0)"
    )
    ends = "\n    def publish(self, shop):\n        yield shop.sleep(1.0)\n"
    assert said(f"{ACCEPT}{REPLY}{ends}").startswith("my.py:15: background: it has come to an end, and would begin again")
    pays = "\n    def pay(self, shop, order, *_):\n        outcome = yield from shop.charge(order)\n        return outcome\n"
    assert "it ends with Outcome <Outcome.CAPTURED: 1>; expected None (done), or in how many" in said(f"{ACCEPT}{REPLY}{pays}")
    commits = f"{ACCEPT}        yield shop.database.transaction(0, lambda: 1 / 0)\n{REPLY}"
    assert said(commits) == "my.py:13: ZeroDivisionError: division by zero (seed 0)"
    sets_up = "\n    def set_up(self, shop):\n        shop.nothing\n"
    told = said(f"{ACCEPT}{REPLY}{sets_up}")
    assert told.startswith("my.py:16: AttributeError: 'Shop' object has no attribute 'nothing'; steps: background, workers, ")
    assert told.endswith("(docs/steps.md) (seed 0)")


@pytest.mark.parametrize(
    ("wrong", "right"), [("authorize", "authorise"), ("pay", "charge"), ("inquiry", "inquire"), ("settled", "settle")]
)
def test_a_step_that_there_is_not(wrong: str, right: str) -> None:
    """The error names the nearest step, by its name or by its meaning, and all steps that there are."""
    told = said(f"{ACCEPT}        yield from shop.{wrong}(order)\n{REPLY}")
    nearest = f"'Shop' object has no attribute '{wrong}'; did you mean \"{right}\"?"
    assert told.startswith(f"my.py:13: AttributeError: {nearest} steps: {', '.join(STEPS)} (docs/steps.md) (customer 0, ")
    assert set(guard.MEANT.values()) <= set(STEPS)


@pytest.mark.parametrize(
    ("loop", "line"),
    [
        ("        while True:\n            yield shop.sleep(0.0)\n", 14),
        ("        while True:\n            yield shop.sleep(0.0001)\n", 14),
        ("        while True:\n            yield from shop.settle(order, Outcome.UNKNOWN)\n", 14),
    ],
)
def test_endless_loops_of_steps(loop: str, line: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that takes step after step while (almost) no time goes by is ended, also if each step takes a little."""
    monkeypatch.setattr(guard, "MOST_STEPS", 2000)
    assert said(ACCEPT + loop).startswith(f"my.py:{line}: an endless loop: 2,000 steps within 30 s of the morning;")


@pytest.mark.parametrize("in_a_thread", [False, True])
@pytest.mark.parametrize(
    "loop", ["        while True:\n            pass\n", "        for _ in iter(int, 1):\n            order.cents\n"]
)
def test_endless_loops_without_a_yield(loop: str, in_a_thread: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that does not come to its next `yield` is ended, in whichever thread, also if it catches every Exception."""
    monkeypatch.setattr(guard, "LOOK_S", 0.05)
    told: list[str] = []
    if in_a_thread:
        thread = threading.Thread(target=lambda: told.append(said(ACCEPT + loop)))
        thread.start()
        thread.join(timeout=120)
    else:
        told.append(said(ACCEPT + loop))
    assert told[0].startswith(("my.py:13: an endless loop without a `yield`", "my.py:14: an endless loop without a `yield`"))
    assert told[0].endswith("(customer 0, 07:00, seed 0)") or told[0].endswith("(customer 0, seed 0)")


HOLDS = """
from pathlib import Path
from sim.architectures import guard, load_design
from sim.world.shop import STEPS
from tests.worlds import ONE_CUSTOMER, morning, world

guard.LAST_RESORT_S = 1.0
morning(world(ONE_CUSTOMER), load_design("my.py"))
"""


def test_what_python_cannot_interrupt() -> None:
    """A loop inside of one call, which lets nobody else do anything, ends with its process, and the line is on stderr."""
    Path("my.py").write_text(f"{HEAD}{ACCEPT}        sum(iter(int, 1))\n{REPLY}", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [sys.executable, "-c", HOLDS], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode == 1
    assert re.search(r"^Timeout .*^  File \"my.py\", line 13 in handle$", ended.stderr, re.DOTALL | re.MULTILINE)


def test_an_endless_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same while the file is read."""
    monkeypatch.setattr(guard, "LOOK_S", 0.05)
    Path("my.py").write_text("while True:\n    pass\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^my.py:[12]: an endless loop without a `yield`$"):
        load_design("my.py")


def test_what_outlives_a_morning() -> None:
    """What a story keeps in its file would be there on the next morning, or not, depending on who runs it."""
    told = said(f"{ACCEPT}        SEEN[request.key] = order.id\n{REPLY}")
    assert told.startswith("my.py: Mine: SEEN was changed: it outlives the process and the morning")


@pytest.mark.parametrize(
    ("kept", "writes", "named"),
    [
        ("N = 0\n", "global N; N += 1", "N"),
        ("", "global NEW; NEW = order.id", "NEW"),
        ("", "Mine.taps = order.id", "Mine.taps"),
        ("SEEN = {'taps': []}\n", "SEEN['taps'].append(1)", "SEEN"),
        ("class Memory:\n    taps = 0\nSEEN = Memory()\n", "SEEN.taps += 1", "SEEN"),
        ("class Memory:\n    taps = 0\n", "Memory.taps += 1", "Memory.taps"),
        ("from itertools import count\nIDS = count()\n", "next(IDS)", "IDS"),
        ("def seen(one, ones=[]):\n    ones.append(one)\n", "seen(order.id)", "seen"),
    ],
)
def test_wherever_it_is_kept(kept: str, writes: str, named: str) -> None:
    """A global variable, an attribute of a class, what is inside of something: all would be there on the next morning."""
    told = said(f"{ACCEPT}        {writes}\n{REPLY}\n{kept}")
    assert told.startswith(f"my.py: Mine: {named} was changed: it outlives the process and the morning")


def test_what_may_be_kept() -> None:
    """What is only read, what is worked out once and kept by Python, and what a process remembers in set_up."""
    kept = (
        "from enum import Flag\nfrom functools import cache\nclass Way(Flag):\n    A = 1\n    B = 2\nTABLE = {'a': [Way.A]}\n"
        "TABLE['self'] = TABLE\n@cache\ndef of(one):\n    return [one, Way.A | Way.B, TABLE['a']]\n"
    )
    remembers = "\n    def set_up(self, shop):\n        shop.taps = [of(1)]\n        super().set_up(shop)\n"
    uses = "        shop.taps.append(of(order.id))\n"
    Path("my.py").write_text(f"{HEAD}{ACCEPT}{uses}{REPLY}{remembers}{kept}", encoding="utf-8")
    morning(world(ONE_CUSTOMER), load_design("my.py"))


def test_the_books() -> None:
    """A story that cooks the books is told so; a crash is no mistake, and neither is what it leaves behind."""
    cooked = f"{ACCEPT}        shop.provider.charges.captured_s.append(1.0)\n        shop.database.rows_written += 1\n{REPLY}"
    assert said(cooked).startswith("my.py")
    Path("my.py").write_text(f"{HEAD}{ACCEPT}{REPLY}", encoding="utf-8")
    faults = (
        "faults: [{crash: checkout, after: accept, times: 1}, {crash: relay, at: '07:00:01'}, "
        "{crash: payment, after: charge, times: 1}]\n"
    )
    tables, _ = morning(world(ONE_CUSTOMER + faults), load_design("my.py"))
    assert len(tables.crashes) == 3


@pytest.mark.parametrize("cells", [1, 2])
def test_a_guard_changes_no_number(cells: int) -> None:
    """In one piece or in cells, here or in two processes, a copy of an architecture gives its numbers to the last digit."""
    Path("my.py").write_text(HEAD.partition("    def handle")[0] + "    pass\n", encoding="utf-8")
    for jobs in (1, 2):
        results = compare("w8", ["my.py", "outbox"], Effort(2, cells=cells, jobs=jobs)).results
        mine, built_in = ([str(one.metrics) for one in results[name].summaries] for name in ("my", "outbox"))
        assert mine == built_in


@pytest.mark.parametrize("jobs", [1, 2])
def test_from_other_processes(jobs: int) -> None:
    """A mistake comes back from wherever the morning is simulated."""
    Path("my.py").write_text(f"{HEAD}{ACCEPT}        1 / 0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^my.py:13: ZeroDivisionError: division by zero \(customer \d+, 0\d:.*, seed \d\)$"):
        compare("w4", ["my.py"], Effort(4, jobs=jobs))


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ("        shop.compute(request)\n        yield\n",
         ["my.py:11: `shop.compute(…)` does nothing by itself; write `yield shop.compute(…)`"]),
        ("        order = shop.insert(request)\n        yield shop.sleep(1)\n        shop.settle(order, Outcome.FAILED)\n",
         ["my.py:11: `shop.insert(…)` does nothing by itself; write `yield from shop.insert(…)`",
          "my.py:13: `shop.settle(…)` does nothing by itself; write `yield from shop.settle(…)`"]),
        ("        yield shop.insert(request)\n        yield from shop.sleep(1)\n",
         ["my.py:11: `yield shop.insert(…)`: that is a story; write `yield from shop.insert(…)`",
          "my.py:12: `yield from shop.sleep(…)`: that is something to wait for; write `yield shop.sleep(…)`"]),
        ("        self.publish(shop)\n        yield\n",
         ["my.py:11: `self.publish(…)` does nothing by itself; write `yield from self.publish(…)`"]),
        ("        import random, time\n        yield\n",
         ["my.py:11: random: two runs would differ", "my.py:11: time: the time of the morning is shop.env.now, and a story"]),
        ("        import os, numpy.random\n        from numpy import random\n        yield SEEN_NP.random, SEEN_OS.urandom(1)\n"
         "import numpy as SEEN_NP\nimport os.path as SEEN_OS\n",
         ["my.py:11: numpy.random: two runs would differ", "my.py:11: os: a story runs inside a simulated morning; any",
          "my.py:12: numpy.random: two runs would differ", "my.py:13: numpy.random: two runs would differ",
          "my.py:13: os: a story runs inside a simulated morning", "my.py:15: os: a story runs inside a simulated morning"]),
        ("        import sys, numpy.linalg\n        sys.stdout.write(str(hash('a')))\n        yield numpy.random\n",
         ["my.py:12: hash: two runs would differ", "my.py:12: sys.stdout: that is for results; `print` writes to stderr",
          "my.py:13: numpy.random: two runs would differ"]),
        ("        shop.env.process(self.handle(shop, request))\n        yield\n",
         ["my.py:11: `shop.env.process`: mistakes in such a story go unnoticed; begin it with `shop.background(…)` in"]),
        ("        try:\n            yield\n        except Exception:\n            pass\n        finally:\n            yield\n",
         ["my.py:13: this `except` would catch the crash of the process", "my.py:16: a `yield` in `finally`: a process"]),
        ("        yield\n    async def more(self):\n        pass\n",
         ["my.py:12: more: a story is written with `def` and `yield`, without"]),
    ],
)  # fmt: skip
def test_what_can_be_seen_before_it_runs(body: str, messages: list[str]) -> None:
    """Steps that are never taken, and what would survive a crash, all at once."""
    Path("my.py").write_text(HEAD + body, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_design("my.py")
    lines = str(caught.value).splitlines()
    assert len(lines) == len(messages)
    assert all(line.startswith(message) for line, message in zip(lines, messages, strict=True))


def test_what_is_fine() -> None:
    """A story kept for later, or started, is told; what catches something narrow is let be."""
    kept = "        step = shop.settle(order, Outcome.UNKNOWN)\n        yield from step\n"
    narrow = "        try:\n            yield shop.sleep(1)\n        except ValueError:\n            pass\n"
    Path("my.py").write_text(f"{HEAD}{ACCEPT}{kept}{narrow}{REPLY}", encoding="utf-8")
    morning(world(), load_design("my.py"))
