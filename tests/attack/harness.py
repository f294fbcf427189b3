"""Runs a command on a hostile input, within limits of time and memory, and judges what became of it.

An answer is right if the exit code is one of those that the input deserves, what is refused is refused in words that name what
is wrong, and nothing is told by a traceback. Everything else is a fault, which is told by its kind:

- `exit code`: another one than the input deserves, or an error without words
- `traceback`: an exception that nobody expected; the program would exit with 70
- `hang`: no answer in time
- `accepted`: nonsense, in silence
- `lost`: a file that is half-written, or gone (tests look for this themselves)
"""

from __future__ import annotations

import io
import random
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from sim.cli import app as application
from sim.cli.messages import DONE, FAILED, INTERRUPTED, KILLED, UNDECIDED, UNWRITTEN, USAGE
from tests.cli.coffee import coffee

DOCUMENTED = (DONE, FAILED, USAGE, UNDECIDED, KILLED, UNWRITTEN, INTERRUPTED)  # and 70, which is always a fault
ANSWERED = (DONE, FAILED, UNDECIDED)
REFUSED = (USAGE,)
EITHER = (*ANSWERED, USAGE)  # a legal input that may also be too much
LIMIT_S = 60.0  # what is hostile is refused in milliseconds; the machine may be busy
MOST_MEMORY = 2 << 30  # bytes of address space, on top of what the tests have already
SEED = 20_260_117

T = TypeVar("T")


class TimeUp(BaseException):
    """No answer in time. Not an Exception, so that nothing takes it for something else."""


@dataclass(frozen=True)
class Attempt:
    """A command, the exit codes that are right, and a text that a refusal must contain: a file, a key, an option."""

    arguments: tuple[str, ...]
    codes: tuple[int, ...] = REFUSED
    says: str = ""


@dataclass(frozen=True)
class Answer:
    """What a command said. `fault` is "" if it was right."""

    code: int
    out: str
    err: str
    fault: str = ""


def attempt(*arguments: str, codes: tuple[int, ...] = REFUSED, says: str = "") -> Attempt:
    return Attempt(arguments, codes, says)


def answered(tried: Attempt, *, limit_s: float = LIMIT_S) -> Answer:
    """Run the command in this process, and judge it."""
    try:
        with within(limit_s):
            result = coffee(*tried.arguments)
    except TimeUp:
        return Answer(-1, "", "", f"hang: no answer within {limit_s:g} s")
    except AssertionError as error:  # its JSON is not what its schema says
        return Answer(-1, "", "", f"exit code: answered, but {error}")
    code, err = result.exit_code, result.stderr
    if isinstance(result.exception, OSError):  # which `main` tells in words
        said = io.StringIO()
        with redirect_stderr(said):
            code = application._refused(result.exception) if result.exception.filename else -1
        err += said.getvalue()
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        return Answer(code, result.stdout, err, f"traceback: {last_line(result.exception)}")
    return Answer(code, result.stdout, err, judged(tried, code, result.stdout, err))


def last_line(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()[:300]


def judged(tried: Attempt, code: int, out: str, err: str) -> str:
    """What is wrong with an answer; "" if nothing is."""
    if "Traceback" in out or "Traceback" in err:
        return f"traceback: {err[-300:]}"
    if code in ANSWERED and code not in tried.codes:
        return f"accepted: exit code {code}, and {err[-200:]!r}"
    if code not in DOCUMENTED or code not in tried.codes:
        return f"exit code: {code}, and {err[-200:]!r}"
    if code in (USAGE, UNWRITTEN, KILLED) and "error: " not in err.casefold():
        return f"exit code: {code} without words: {err[-200:]!r}"
    if code == USAGE and tried.says not in err:
        return f"exit code: {code}, but {tried.says!r} is not in {err[-200:]!r}"
    return ""


def faults(inputs: Sequence[T], fault_of: Callable[[T], str]) -> list[str]:
    """All faults, each with its input."""
    return [f"{shortened(one)}: {fault}" for one in inputs if (fault := fault_of(one))]


def told(found: Sequence[str]) -> str:
    """What a test says when there are any."""
    return f"{len(found)} faults:\n" + "\n".join(found)


def fault_of(tried: Attempt) -> str:
    return answered(tried).fault


def shortened(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 200 else f"{text[:120]} … {text[-60:]}"


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises TimeUp in what takes longer, again and again in case something drops it; MemoryError in what wants too much."""

    def up(*_: object) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        with little_memory():
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def little_memory() -> Iterator[None]:
    import resource

    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


# Quick tests take a few inputs of each class, the deep ones all.


def some_and_all(some: int) -> pytest.MarkDecorator:
    """Parametrises a test by how many of its inputs it takes."""
    return pytest.mark.parametrize("most", [some, pytest.param(None, marks=pytest.mark.deep, id="all")])


def chosen(inputs: Sequence[T], most: int | None) -> Sequence[T]:
    """So many of the inputs, the same ones every time; None: all."""
    return inputs if most is None or most >= len(inputs) else random.Random(SEED).sample(inputs, most)
