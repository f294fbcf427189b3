"""What the process of a class says is a step, or an error of that class: no lie of it is believed."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.kata import box
from sim.kata.apart import outside
from sim.kata.apart.inside import _knobs
from tests.kata.apart.told import apart, morning, written

ASK = "step('compute', {'request': 0}); order = step('insert', {'request': 0})"
TOLD = {"class": "Mine", "payment": "Payment", "billed": [], "returns": False, "digest": "0" * 16}
LIES = {
    # no message
    "nothing": "os._exit(0)",
    "a closed pipe": "os.close(writes); import time; time.sleep(60)",
    "bytes": "os.write(writes, b'\\xff' * 100)",
    "a length and no more": "os.write(writes, b'\\0\\0\\0\\x09{'); os._exit(0)",
    "no JSON": "os.write(writes, b'\\0\\0\\0\\x03}{]')",
    "no UTF-8": "os.write(writes, b'\\0\\0\\0\\x04\"\\xff\\xfe\"')",
    "a message of 4 GB": "os.write(writes, b'\\xff\\xff\\xff\\xff')",
    "a message that is too long": "say(['end', 'x' * 2_000_000])",
    "lists in lists": "os.write(writes, (200_000).to_bytes(4, 'big') + b'[' * 200_000)",
    "a number without end": "os.write(writes, (100_000).to_bytes(4, 'big') + b'9' * 100_000)",
    "a pickle": "import pickle; text = pickle.dumps(print); os.write(writes, len(text).to_bytes(4, 'big') + text)",
    # no step
    "null": "say(None)",
    "a number": "say(7)",
    "an object": "say({'step': 'charge'})",
    "an empty list": "say([])",
    "a word": "say(['pay'])",
    "a design, once more": "say(['design', {}])",
    "a value": "say(['value', 5])",
    "done": "say(['done'])",
    "dead, alive": "say(['dead'])",
    "an answer": "say(['answer', 5, []])",
    "half a step": "say(['step', 'checkout'])",
    "a step without a name": "say(['step', 'checkout', {}, [], {}])",
    "a step that there isn't": "say(['step', 'checkout', 'confirm', [], {}])",
    "a method that is no step": "say(['step', 'checkout', 'took', ['charge', 0], {}])",
    "another view": "say(['step', 'checkout', 'seen_from', ['relay'], {}])",
    "a private method": "say(['step', 'checkout', '_call', [{'order': 0}], {}])",
    "a dunder": "say(['step', 'checkout', '__init__', [], {}])",
    "another component's shop": "say(['step', 'nobody', 'compute', [{'request': 0}], {}])",
    "a step among the calls": "say(['call', 'checkout', 'charge', [{'order': 0}], {}])",
    "a call that there isn't": "call('pools')",
    "a call of numbers": "say(['call', 1, 2, 3, 4])",
    # no arguments of the step
    "too few": "step('compute')",
    "too many": "step('compute', {'request': 0}, 1, 2)",
    "an unknown name": "step('compute', {'request': 0}, discount=1)",
    "twice": "step('compute', {'request': 0}, request={'request': 0})",
    "a request that nobody made": "step('insert', {'request': 99})",
    "a request before the first": "step('insert', {'request': -1})",
    "a request of one's own": "step('insert', {'request': {'cents': 1}})",
    "the cents of a request": "step('insert', {'request': 0, 'cents': 1})",
    "an order that there isn't": "step('charge', {'order': 10**6})",
    "an order before the first": f"{ASK}; step('charge', {{'order': -1}})",
    "an order of one's own": f"{ASK}; step('charge', {{'order': [0, 'CONFIRMED']}})",
    "an order by a fraction": f"{ASK}; step('charge', {{'order': 0.0}})",
    "an order by a truth": f"{ASK}; step('charge', {{'order': False}})",
    "a row that was never read": "step('publish', {'row': 1})",
    "an outcome that there isn't": f"{ASK}; step('settle', order, {{'outcome': 99}})",
    "an outcome by its name": f"{ASK}; step('settle', order, 'CAPTURED')",
    "time that runs backwards": "step('sleep', -5)",
    "NaN": "step('sleep', float('nan'))",
    "a time of 400 digits": "step('sleep', 10**400)",
    "a time that is a text": "step('sleep', '5')",
    "NaN elsewhere": "step('unpaid_orders', float('nan'))",
    "a charge before the first": "step('refund', -1)",
    "a charge that there isn't": "step('refund', 10**6)",
    "a key that is a tree": f"{ASK}; step('renew_key', order, {[[[[[[[0]]]]]]]})",
    "a key that is a book": f"{ASK}; step('renew_key', order, 'x' * 100_000)",
    "knobs that nobody described": "step('claim', {'request': 0}, {'knobs': 5})",
    "knobs out of bounds": "step('claim', {'request': 0}, {'knobs': 0, 'are': {'lock': '-5s'}})",
    "knobs that there aren't": "step('claim', {'request': 0}, {'knobs': 0, 'are': {'free': True}})",
    "knobs of a file": "step('stuck_orders', {'knobs': 0, 'are': {'every': {'empirical': '/etc/passwd'}}}, lock_s=1)",
    # no set-up
    "the checkout's workers once more": "call('workers', 'checkout', 1)",
    "workers without number": "call('workers', 'mine', 10**9)",
    "less than no workers": "call('workers', 'mine', -1)",
    "a name without end": "call('background', 'x' * 10_000, 1)",
    "a story that is a text": "call('start', 'story')",
    "workers that nobody made": "call('consume', 'mine', 1, workers=1); call('consume', 'mine', 1, workers=1)",
    "another argument": "call('consume', 'mine', 1, workers=1, story=None)",
    # no look
    "a table that there isn't": "call('length', 'awards')",
    "a column that there isn't": "call('cell', 'charges', '__class__', 0)",
    "a row of a table that there isn't": "call('cell', 'charges', 'cents', 10**6)",
    "an order by a look": "call('order', 'x')",
    "the ledger from before its beginning": "call('ledger', [], -5, 0.0)",
    "the ledger of NaN": "call('ledger', [], 0, float('nan'))",
    "what the provider knows": "call('cell', 'charges', 'captured_s', 0)",
    "a look at all": "call('down', 1, 2, 3)",
    "the database of somebody else": "call('query', -7)",
    # no end
    "a reply of one's own": "say(['end', {'answer': 'CONFIRMED'}])",
    "no reply": "say(['end', None])",
    "an answer that there isn't": "say(['end', [200, None, False]])",
    "no answer": "say(['end', [0, None, False]])",
    "an order that there isn't, confirmed": "say(['end', [201, 10**6, False]])",
    "a replay that is a number": "say(['end', [201, None, 1]])",
    "an event that there isn't": "say(['wait', 3])",
    "an event before the first": "call('sleep', 5); say(['wait', -1])",
    "a slip that is none": "say(['slip', 5])",
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    written("# nothing\n")


def speaking(lie: str, **told: object) -> tuple[str, ...]:
    """The command of a process that answers for naive, and lies at its first request."""
    design = json.dumps(TOLD | {"knobs": _knobs(load_design("naive"))} | told)
    return (sys.executable, "-P", "-m", "tests.kata.apart.liar", design, lie)


@pytest.mark.slow
@pytest.mark.parametrize("lie", LIES)
def test_what_is_no_step_is_an_error(lie: str) -> None:
    """Of that class, at once: neither an exception of ours, nor a morning."""
    with apart("mine.py", command=speaking(LIES[lie])) as design, pytest.raises(ConfigError, match=r"^mine\.py"):
        morning(design)


@pytest.mark.parametrize(
    "told",
    [
        {"class": 5}, {"knobs": []}, {"knobs": {"discount": 1}}, {"knobs": {"checkout": {"workers": -5}}},
        {"knobs": {"database": {"write": {"constant": "-5s"}}}}, {"knobs": {"database": {"write": {"constant": -5}}}},
        {"knobs": {"checkout": {"service": {"empirical": "/etc/passwd"}}}},
        {"knobs": {"checkout": {"service": {"empirical": "../other.csv"}}}}, {"payment": 5}, {"digest": None},
    ],
)  # fmt: skip
def test_what_is_no_design_is_an_error(told: dict[str, object]) -> None:
    """Its knobs are read like those of a file, with the same bounds."""
    with pytest.raises(ConfigError, match=r"mine\.py"), apart("mine.py", command=speaking("", **told)):
        pass


@pytest.mark.slow
def test_silence_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the pipe and says nothing is not waited for."""
    monkeypatch.setattr(outside, "PATIENCE_S", 3.0)
    lie = "import time; time.sleep(600)"
    with apart("mine.py", command=speaking(lie)) as design, pytest.raises(ConfigError, match="said nothing for 3 s"):
        morning(design)


STARTS = """
import sys, time
from sim.kata.apart.outside import started
with started(sys.argv[1:]) as (pipe, stderr):
    time.sleep(600)
"""


@pytest.mark.parametrize("boxed", [False, pytest.param(True, marks=pytest.mark.skipif(not box.is_allowed(), reason="no box"))])
def test_it_ends_with_whoever_started_it(tmp_path: Path, boxed: bool) -> None:
    """Also if that is killed, and even if it doesn't look at its pipe."""
    told = tmp_path / "told"
    for name in ("room", "hidden"):
        (tmp_path / name).mkdir()
    with socket.socket(socket.AF_UNIX) as answers:
        answers.bind(str(told))
        answers.listen()
        wait = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(1)"
        command = [sys.executable, "-c", wait, str(told)]
        if boxed:
            command = box.boxed(command, room=tmp_path / "room", hidden=tmp_path / "hidden")
        starter = subprocess.Popen([sys.executable, "-c", STARTS, *command])
        try:
            answers.settimeout(60)
            connection, _ = answers.accept()
        finally:
            starter.kill()
            starter.wait()
        with connection:
            connection.settimeout(60)
            assert connection.recv(1) == b""  # its end has ended


def test_after_the_morning_nothing_is_answered() -> None:
    """Its books are closed: neither a refund nor another story comes into them."""
    for late in ("call('start', 1)", "call('sleep', 1)", "call('down')"):
        with apart("mine.py", command=speaking(f"late:{late}")) as design, pytest.raises(ConfigError, match="no story says"):
            morning(design)


def test_the_dead_say_nothing() -> None:
    """A story whose process has died takes no further step, whatever is said for it."""
    lie = "say(['step', 'checkout', 'insert', [{'request': message[4][0]['request'][0]}], {}])"
    with apart("mine.py", command=speaking(lie)) as design, pytest.raises(ConfigError, match="no story says"):
        morning(design)
