"""What a twin has shown, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim import words
from sim.real.twin.comparison import Lag, Matrix, Rate, Twin

MOST_NAMED = 3  # rates in a sentence


def title(twins: Sequence[Twin]) -> str:
    """The answer for all designs in one sentence."""
    verdicts = [twin.verdict for twin in twins]
    if "different" in verdicts:
        of = "" if len(verdicts) == 1 else f" for {verdicts.count('different')} of {len(verdicts)} designs"
        return f"The model differs from real parts{of}"
    if set(verdicts) == {"equivalent"}:
        return "The model says what real parts do"
    return "Nobody can say yet whether the model says what real parts do"


def verdict(twin: Twin) -> str:
    """`real parts do what the model says: …`: of one design, without its name."""
    margin = points(twin.margin)
    match twin.verdict:
        case "refused":
            return f"no evidence: {twin.refused}. A quieter machine, a calmer scenario or a lower --speed may do."
        case "different":
            found = [rate for rate in twin.rates.values() if rate.verdict == "different"]
            rates = "; ".join(f"“{rate.clause}”: {side_by_side(rate)}" for rate in found[:MOST_NAMED])
            more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
            return f"real parts and the model differ by more than {margin}. {rates}{more}. {agreement(twin)}"
        case "equivalent":
            return f"real parts do what the model says: every rate of harm is the same within {margin}. {agreement(twin)}"
    if not twin.purchases:
        return "can’t tell: nobody came."
    if not twin.happened:
        return "can’t tell: nobody was charged, neither in the model nor on real parts."
    open_ = [f"“{rate.clause}”" for rate in twin.rates.values() if rate.verdict == "undecided"]
    more = f" and {len(open_) - MOST_NAMED} more" if len(open_) > MOST_NAMED else ""
    return (
        f"can’t tell: too few purchases ({twin.purchases:,}) to know within {margin} how often a customer "
        f"{', '.join(open_[:MOST_NAMED])}{more}. {agreement(twin)}"
    )


def agreement(twin: Twin) -> str:
    """How many purchases were charged, and had everything, as often in both worlds."""
    charges = twin.matrices["charges"]
    same = int(twin.agreeing.sum())
    return (
        f"{charges.agree:,} of {twin.purchases:,} purchases were charged as often in both ({share_of(charges)}); "
        f"{same:,} also had as many orders and points."
    )


def share_of(matrix: Matrix) -> str:
    """`99 % [97.2, 99.8]`: the share that agrees, with its 95 % interval."""
    if not len(matrix.model):
        return "nothing to count"
    low, high = matrix.interval
    share = matrix.agree / len(matrix.model)
    return f"{words.share(share)} [{words.number(low * 100)}, {words.number(high * 100)}]"


def side_by_side(rate: Rate) -> str:
    """`7.8 % in the model, 12 % on real parts`."""
    n = rate.pairs.n
    return f"{words.share(rate.model / n)} in the model, {words.share(rate.real / n)} on real parts"


def points(share: float) -> str:
    """A difference of shares in percentage points."""
    number = words.number(abs(share) * 100)
    return f"{words.MINUS if share < 0 and number != '0' else ''}{number}{words.NBSP}{'point' if number == '1' else 'points'}"


def difference(rate: Rate) -> str:
    """`+0.4 [−0.1, +0.9]`, in points."""
    low, high = rate.interval
    return f"{_signed(rate.pairs.difference)} [{_signed(low)}, {_signed(high)}]"


def _signed(share: float) -> str:
    text = f"{share * 100:+.2f}".replace("-", words.MINUS)
    return "0" if float(f"{share * 100:.2f}") == 0 else text


def quantile(lag: Lag, percent: int, *, real: bool) -> str:
    """`320 ms`; `never`: so many never got there."""
    value = (lag.real if real else lag.model)[percent]
    return "–" if math.isnan(value) else "never" if math.isinf(value) else words.seconds(value)


def speed(factor: float) -> str:
    """What scaled time does to the comparison; empty where it isn't scaled."""
    if factor == 1:
        return ""
    times = f"{words.number(factor)} times as fast" if factor > 1 else f"{words.number(1 / factor)} times as slowly"
    sense = "shorter" if factor > 1 else "longer"
    by = words.number(factor if factor > 1 else 1 / factor)
    return (
        f"Time ran {times}: waits and time limits were {by} times {sense}, but what the parts take themselves was not. "
        f"All times here are the scenario’s, so 1 ms that a part took by itself counts as {words.number(factor)} ms, "
        "in the lags and against every time limit."
    )


def lateness(twin: Twin) -> str:
    """How late customers came, and how busy the machine was."""
    if not twin.purchases:
        return f"{words.share(twin.lived.load)} of the machine was busy"
    p50, p99 = (words.number(twin.late_s(percent) * 1000) for percent in (50, 99))
    return f"customers came {p50} ms late (median; p99 {p99} ms); {words.share(twin.lived.load)} of the machine was busy"
