"""A scenario, a design or a provider preset in full: the JSON of `show`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

from sim.architectures import architecture_of, source_of, story_of
from sim.architectures.parts import Kind, parts_of
from sim.config import knobs
from sim.config.design import Design
from sim.config.presets import PRESETS, Mark
from sim.config.scenario import Scenario
from sim.diagram.mermaid import flowchart
from sim.documents import fields
from sim.documents.catalogue import metric_about
from sim.vocabulary import METRICS


class Knob(TypedDict):
    """One key of the file."""

    key: str
    """the key: `app.timeout`"""
    value: Any
    """its value, as in a file"""
    default: Any
    """its default, as in a file"""
    description: str
    """what it means"""


class DiagramComponent(TypedDict):
    """A box of the component diagram."""

    name: str
    """its name"""
    kind: Kind
    """what kind of component it is"""
    label: str
    """what is written in the box"""
    notes: list[str]
    """further lines in the box"""
    station: str | None
    """its name where queues are counted; null: nobody queues there"""
    place: Annotated[list[int] | None, Field(description="row and column, from the top left; null: anywhere")]


class DiagramFlow(TypedDict):
    """An arrow of the component diagram."""

    source: str
    """name of the component that acts"""
    target: str
    """name of the component that is acted upon"""
    label: str
    """what is written beside the arrow; empty: nothing"""
    dashed: bool
    """whether nobody waits for an answer"""


class ScenarioDescription(TypedDict):
    """A scenario."""

    kind: Literal["scenario"]
    """what it is"""
    name: str
    """name of the scenario"""
    summary: str
    """what it is, in a line"""
    story: str
    """what it is, in full"""
    knobs: NotRequired[list[Knob]]
    """every key; not there with --story"""


DesignDescription = TypedDict(
    "DesignDescription",
    {
        "kind": Annotated[Literal["design"], Field(description="what it is")],
        "name": Annotated[str, Field(description="name of the design")],
        "summary": Annotated[str, Field(description="what it is, in a line")],
        "from": Annotated[str, Field(description="its architecture: the name, or the file and class")],
        "promises": Annotated[list[str], Field(description="what it promises whatever happens")],
        "components": Annotated[list[DiagramComponent], Field(description="the boxes of its component diagram")],
        "flows": Annotated[list[DiagramFlow], Field(description="the arrows of its component diagram")],
        "mermaid": Annotated[str, Field(description="its component diagram as Mermaid text")],
        "source": Annotated[str, Field(description="its source code; with --story only what it does")],
        "knobs": NotRequired[Annotated[list[Knob], Field(description="every key; not there with --story")]],
    },
)
DesignDescription.__doc__ = "A design."


class PresetKey(TypedDict):
    """One property of a provider's idempotency keys."""

    value: Any
    """its value, as in a file"""
    mark: Mark
    """who says so"""
    note: str
    """how they say it"""


class PresetDescription(TypedDict):
    """A preset of the payment provider."""

    kind: Literal["preset"]
    """what it is"""
    name: str
    """name of the preset"""
    summary: str
    """what it is, in a line"""
    source: str
    """address of the page that says so; empty: none"""
    keys: dict[str, PresetKey] | None
    """key of the scenario's file -> its value; null: the provider has no idempotency keys"""


class MetricDescription(TypedDict):
    """A metric."""

    kind: Literal["metric"]
    """what it is"""
    name: fields.MetricName
    unit: Literal["share", "s", "USD", "count"]
    """share: 0 to 1; s: seconds; USD: US dollars; count: a number"""
    better: Literal["lower", "higher"]
    """which way is better"""
    summary: str
    """what it counts"""
    formula: str
    """how it is computed; docs/reference/metrics.md explains its names"""


class KeyPlace(TypedDict):
    """A key, and the files in which it means the same."""

    key: str
    """the key: `app.timeout`"""
    files: list[str]
    """where it may stand: `scenario`, or the architecture that a design starts from"""
    default: Any
    """its default, as in a file"""
    description: str
    """what it means"""
    words: list[str]
    """the words to choose from; empty: it is no word"""
    inside: dict[str, str]
    """key of the mapping that may stand there -> what it means"""


class KeyDescription(TypedDict):
    """A key of scenario or design files, and all keys below it."""

    kind: Literal["key"]
    """what it is"""
    name: str
    """the key that was asked for"""
    keys: list[KeyPlace]
    """itself, or those below it"""


def scenario(scenario: Scenario, found: Sequence[knobs.Knob] = ()) -> ScenarioDescription:
    """A scenario, with the knobs found in it."""
    document: ScenarioDescription = {
        "kind": "scenario",
        "name": scenario.name,
        "summary": scenario.summary,
        "story": scenario.story,
    }
    if found:
        document["knobs"] = [_knob(knob) for knob in found]
    return document


def design(design: Design, found: Sequence[knobs.Knob] = (), *, story: bool) -> DesignDescription:
    """A design, with the knobs found in it; of its source only what it does, if it is the `story` that is wanted."""
    diagram = parts_of(design)
    document: DesignDescription = {
        "kind": "design",
        "name": design.name,
        "summary": design.summary,
        "from": architecture_of(design),
        "promises": [promise.__name__.replace("_", " ") for promise in design.promises],
        "components": cast(list[DiagramComponent], [asdict(component) for component in diagram.components]),
        "flows": cast(list[DiagramFlow], [asdict(flow) for flow in diagram.flows]),
        "mermaid": flowchart(diagram),
        "source": story_of(design) if story else source_of(design),
    }
    if found:
        document["knobs"] = [_knob(knob) for knob in found]
    return document


def preset(name: str) -> PresetDescription:
    found = PRESETS[name]
    return {
        "kind": "preset",
        "name": name,
        "summary": found.summary,
        "source": found.source,
        "keys": None
        if found.keys is None
        else {key: {"value": one.value, "mark": one.mark, "note": one.note} for key, one in found.keys.items()},
    }


def metric(name: str) -> MetricDescription:
    return {"kind": "metric", "name": name, "formula": METRICS[name].formula, **metric_about(METRICS[name])}


def key(name: str, places: list[KeyPlace]) -> KeyDescription:
    return {"kind": "key", "name": name, "keys": places}


def key_place(knob: knobs.Knob, files: list[str]) -> KeyPlace:
    return {
        "key": ".".join(knob.path), "files": files, "default": knob.default, "description": knob.about,
        "words": list(knob.kind.words), "inside": dict(knobs.inside(knob.kind) or knobs.of_distribution(knob.kind)),
    }  # fmt: skip


def _knob(knob: knobs.Knob) -> Knob:
    return {"key": ".".join(knob.path), "value": knob.value, "default": knob.default, "description": knob.about}
