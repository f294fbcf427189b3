"""The model against real parts: the JSON of `twin`."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields
from sim.documents.numbers import Number

Verdict = Literal["equivalent", "different", "undecided", "refused"]
TwinVerdict = Annotated[
    Verdict,
    Field(
        description="equivalent: every rate of harm is the same within the margin; different: one differs by more; "
        "undecided: too few purchases to say; refused: the run is no evidence"
    ),
]
InBoth = Annotated[list[int], Field(description="how often in the model, and how often on real parts")]


class MatrixCell(TypedDict):
    """Purchases with so many charges (orders, points) in the model and so many on real parts."""

    model: int
    """how many in the model"""
    real: int
    """how many on real parts"""
    purchases: int
    """number of purchases"""


class MatrixOfTwin(TypedDict):
    """How often each purchase was charged (ordered, given points) in both worlds."""

    agree: int
    """number of purchases with the same number in both"""
    low: Number
    """lower end of the 95 % interval of the share that agrees (Clopper-Pearson); null: there are no purchases"""
    high: Number
    """upper end of it"""
    cells: list[MatrixCell]
    """all pairs that there were"""


class RateOfTwin(TypedDict):
    """How many purchases suffered one kind of harm in both worlds."""

    model: int
    """how many in the model"""
    real: int
    """how many on real parts"""
    both: int
    """how many in both"""
    difference: float
    """share on real parts less share in the model, of all purchases"""
    low: float
    """lower end of its 90 % interval (Newcombe's for pairs)"""
    high: float
    """upper end of it"""
    verdict: Literal["equivalent", "different", "undecided"]
    """equivalent: the interval lies within the margin; different: it lies beyond; undecided: neither"""


class Quantiles(TypedDict):
    """How long something took in one world, in seconds; null: so many never got there, or there was nobody."""

    p50: Number
    """median"""
    p90: Number
    """90th percentile"""
    p99: Number
    """99th percentile"""
    n: int
    """out of how many"""


class LagOfTwin(TypedDict):
    """How long something took in both worlds."""

    model: Quantiles
    real: Quantiles


class DisagreeingPurchase(TypedDict):
    """A purchase to which the two worlds did not do the same."""

    purchase: int
    """its number"""
    charges: InBoth
    orders: InBoth
    points: InBoth


class UsedByProcess(TypedDict):
    """What one process has used."""

    name: str
    """which process"""
    cpu_s: float
    """processor seconds, of all its lives"""
    memory_mib: float
    """the most memory at a time, in MiB"""
    starts: int
    """how often it was started: once, and after each kill"""


class TwinOfDesign(TypedDict):
    """One morning of one design in both worlds."""

    verdict: TwinVerdict
    sentence: str
    """the verdict with its reason"""
    purchases: int
    """number of purchases"""
    agree: int
    """number of purchases with as many charges, orders and points in both worlds"""
    matrices: dict[str, MatrixOfTwin]
    """charges (before refunds), orders (confirmed) and points -> how often in both worlds"""
    rates: dict[str, RateOfTwin]
    """kind of harm -> how many purchases suffered it in both worlds; empty if there are no purchases"""
    lags: dict[str, LagOfTwin]
    """what was waited for -> how long in both worlds"""
    disagreeing: list[DisagreeingPurchase]
    """every purchase that disagrees, those whose charges do first"""
    parts: dict[str, str]
    """what ran, with its version"""
    used: list[UsedByProcess]
    """what real parts cost"""
    lateness_p50_s: Annotated[Number, Field(description="median of how late customers came, in seconds of the wall clock")]
    lateness_p99_s: Annotated[Number, Field(description="99th percentile of it; above 0.02 the run is refused")]
    load: float
    """share of the machine's processors that was busy, 0 to 1; above 0.9 the run is refused"""
    wall_s: float
    """how long the run took, in seconds"""
    kills: int
    """number of processes that the scenario's faults killed"""


class Twins(TypedDict):
    """Designs in the model and on real parts, purchase by purchase."""

    scenario: fields.ScenarioName
    seed: fields.Seed
    speed: float
    """how many times as fast as by the clock on the wall time ran on real parts"""
    margin: float
    """by how much a rate may differ, as a share"""
    version: fields.Version
    digest: fields.Digest
    designs: dict[str, TwinOfDesign]
    """by the design's name"""
    interrupted: NotRequired[Annotated[Literal[True], Field(description="there only if Ctrl-C came before the last design")]]
    report: NotRequired[fields.Report]
