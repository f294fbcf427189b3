"""Why one purchase went wrong: the JSON of `explain`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from sim.documents import fields
from sim.explanation import moments
from sim.explanation.mermaid import sequence
from sim.explanation.remedy import Remedy
from sim.explanation.story import Explanation
from sim.explanation.witness import Nobody


class Moment(TypedDict):
    """One line of the story."""

    at_s: float
    """seconds since the start of the morning"""
    clock: str
    """time of day: `07:15:31.204`; after midnight `next day 00:10:00.000`"""
    who: str
    """who acts"""
    to: str | None
    """who is acted upon; null: nobody else"""
    kind: moments.Kind
    """what kind of act it is"""
    what: str
    """what happens"""
    times: int
    """how many times in a row"""
    believes: dict[str, str] | None
    """party -> what it believes from then on; null: nobody learns anything"""


Change = TypedDict(
    "Change",
    {
        "change": Annotated[str, Field(description="the change, as it stands in a design's file")],
        "knobs": Annotated[dict[str, Any], Field(description="changed key -> its new value, as in a file")],
        "from": Annotated[str | None, Field(description="another architecture to start from; null: the same one")],
        "before": Annotated[int, Field(description="number of purchases of that morning harmed in this way, as it is")],
        "after": Annotated[int, Field(description="number of them with the change")],
        "spared": Annotated[bool, Field(description="whether what struck this purchase finds nothing to strike there")],
        "instead": Annotated[list[str], Field(description="kinds of other harm that are done to it; empty in `remedies`")],
    },
)
Change.__doc__ = "A change of the design with which the harm is not done to the same customer on the same morning."


class Story(TypedDict):
    """One purchase, moment by moment."""

    scenario: fields.ScenarioName
    design: fields.DesignName
    seed: Annotated[int, Field(description="seed of its morning")]
    purchase: int
    """number of the purchase, from 0 in the order of arrival"""
    violations: list[str]
    """kinds of harm done to it; empty if there is none"""
    sentence: str
    """the story in a sentence"""
    moments: list[Moment]
    """in order of time"""
    remedies: list[Change]
    """changes that leave the customer unharmed, the cheapest first"""
    trades: list[Change]
    """changes that close the harm and cause another"""
    tried: Annotated[int, Field(description="number of changes that were tried")]
    mermaid: str
    """the sequence diagram as Mermaid text"""


class NoStory(TypedDict):
    """Nobody was harmed in this way."""

    scenario: fields.ScenarioName
    design: fields.DesignName
    violations: Annotated[list[str], Field(description="empty", max_length=0)]
    purchases: int
    """number of purchases looked at"""
    mornings: fields.Mornings


def document(explanation: Explanation) -> Story:
    """The story of a purchase."""
    witness = explanation.witness
    return {
        "scenario": explanation.scenario.name,
        "design": explanation.design.name,
        "seed": witness.seed,
        "purchase": witness.purchase,
        "violations": list(witness.kinds),
        "sentence": explanation.sentence,
        "moments": [_moment(explanation, moment) for moment in explanation.moments],
        "remedies": [_change(remedy) for remedy in explanation.remedies],
        "trades": [_change(remedy) for remedy in explanation.trades],
        "tried": explanation.tried,
        "mermaid": sequence(explanation.moments),
    }


def nobody(scenario: str, design: str, found: Nobody) -> NoStory:
    """How many were looked at in vain."""
    return {
        "scenario": scenario,
        "design": design,
        "violations": [],
        "purchases": found.purchases,
        "mornings": found.mornings,
    }


def _moment(explanation: Explanation, moment: moments.StoryLine) -> Moment:
    return {
        "at_s": round(moment.at_s, 6),
        "clock": explanation.clock(moment.at_s),
        "who": moment.who,
        "to": moment.to,
        "kind": moment.kind,
        "what": moment.text,
        "times": moment.times,
        "believes": {moment.belief[0]: moment.belief[1]} if moment.belief else None,
    }


def _change(remedy: Remedy) -> Change:
    return {
        "change": remedy.text,
        "knobs": remedy.knobs,
        "from": remedy.architecture,
        "before": remedy.before,
        "after": remedy.after,
        "spared": remedy.spared,
        "instead": list(remedy.instead),
    }
