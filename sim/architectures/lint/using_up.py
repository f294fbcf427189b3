"""Rules about what can be used up, and about charges that no customer waits for."""

from __future__ import annotations

from collections.abc import Iterator

from sim.architectures.lint.rule import SLOW, Change, Found, World, about, exactly, has_story_of, up
from sim.architectures.naive import Naive
from sim.config.design import Design, RenewalJob
from sim.world.streams import quantile


def _concerned(world: World) -> bool:
    """Whether there is anything that can be used up, as far as is known."""
    return bool(world.scenario.accounts) or not world.given


def sells_what_is_gone(design: Design, world: World) -> Iterator[Found]:
    rules = design.taking
    if rules.guard != "atomic" and _concerned(world):
        between = "the payment" if rules.when == "at_settlement" else "a read and a write"
        message = f"between the look whether anything is left and the taking lies {between}: others look meanwhile"
        yield Found("taking.guard", message, (("taking.guard", "atomic"),))


def reservation_too_short(design: Design, world: World) -> Iterator[Found]:
    reserve, challenge = design.taking.reserve, world.scenario.provider.challenge
    if reserve is None or design.taking.when == "at_settlement" or not _concerned(world):
        return
    away_s = quantile(challenge.takes, SLOW) if challenge.p else 0.0
    takes_s = world.slow_answer_s + away_s
    if reserve.lasts < takes_s:
        late = "is confirmed all the same" if reserve.late == "confirmed" else "is paid in vain, and refunded"
        message = (
            f"a reservation ends after {exactly(reserve.lasts)}, a slow payment after {about(takes_s)} (99th percentile): "
            f"what was sold to others meanwhile {late}"
        )
        open_ = None if reserve.late == "confirmed" else ()  # a refund costs the customer's time, and sells nothing twice
        yield Found("taking.reserve.for", message, (("taking.reserve.for", up(takes_s)), ("taking.reserve", "none")), open_)


def keeps_what_nobody_buys(design: Design, world: World) -> Iterator[Found]:
    gives_back = design.taking.gives_back
    if gives_back == "with_settlement" or design.taking.when == "at_settlement" or not _concerned(world):
        return
    how = (
        "is never given back"
        if gives_back == "never"
        else "is given back by a write of its own: a crash before it, or two of it"
    )
    message = f"what an order without success has taken {how}"
    yield Found("taking.gives_back", message, (("taking.gives_back", "with_settlement"),))


def renews_again(design: Design, world: World) -> Iterator[Found]:
    if world.given and world.scenario.renewals is None:
        return
    job, ignores_keys = design.renewal_job, has_story_of(design, Naive)
    if _renews_once(job, ignores_keys=ignores_keys):
        return
    changes: tuple[tuple[str, object, str], ...] = (
        ("key", "period", "period"), ("looks_first", True, "true"), ("machines", 1, "1"), ("lock", 3600.0, "1h"),
    )  # fmt: skip
    enough: list[Change] = [
        (f"renewal_job.{knob}", text)
        for knob, value, text in changes
        if _renews_once(job.model_copy(update={knob: value}), ignores_keys=ignores_keys)
    ]
    knob = "machines" if job.looks_first else "key"
    why = (
        "two machines look at the same moment"
        if job.looks_first
        else "the job looks at nothing, and its keys are new each time"
    )
    yield Found(f"renewal_job.{knob}", f"{why}: who is renewed by two runs is charged by both", tuple(enough))


def _renews_once(job: RenewalJob, *, ignores_keys: bool) -> bool:
    """Whether a renewal is charged once, however often the job runs."""
    keyed = job.key == "period" and not ignores_keys
    return keyed or (job.looks_first and (job.machines == 1 or job.lock is not None))
