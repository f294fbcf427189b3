"""Which keys there are: the type of the value at any place of a file, read off the models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from sim.config.units import DURATION, PROBABILITY, USD, Unit
from sim.vocabulary import METRICS

LIMITS = {"share": PROBABILITY, "s": DURATION, "USD": USD}  # the unit of a metric's limit, by the metric's unit


@dataclass(frozen=True)
class Kind:
    """What a value may be: a model, a quantity with a unit, a list, some words, or one of several such `options`."""

    type: Any
    unit: Unit | None = None
    nullable: bool = False
    options: dict[str, Kind] = field(default_factory=dict)  # by the name that pydantic gives them in an error's place

    @property
    def model(self) -> type[BaseModel] | None:
        return self.type if isinstance(self.type, type) and issubclass(self.type, BaseModel) else None

    @property
    def words(self) -> tuple[str, ...]:
        """The words to choose from, if it is a choice of words."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def container(self) -> type | None:
        """`tuple` or `dict`, if it is one."""
        origin = get_origin(self.type)
        return origin if origin in (tuple, dict) else None


UNKNOWN = Kind(Any)


def kind_of(annotation: Any, metadata: tuple[Any, ...] = ()) -> Kind:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return kind_of(inner, (*metadata, *more))
    if origin in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        nullable = NoneType in get_args(annotation)
        if len(members) == 1:
            return replace(kind_of(members[0], metadata), nullable=nullable)
        return Kind(annotation, nullable=nullable, options={_label(member): kind_of(member) for member in members})
    return Kind(annotation, next((item for item in metadata if isinstance(item, Unit)), None))


def _label(member: Any) -> str:
    tags = [item.tag for item in get_args(member) if isinstance(item, Tag)] if get_origin(member) is Annotated else []
    if tags:
        return str(tags[0])
    if get_origin(member) is Literal:
        return f"literal[{','.join(map(repr, get_args(member)))}]"
    return str(getattr(member, "__name__", member))


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of a model as written in files; what is only filled in after reading is left out."""
    return {info.alias or name: info for name, info in model.model_fields.items() if not info.exclude}


def below(kind: Kind, step: Any) -> Kind | None:
    """The kind of value under a key or index. None: there is no such key."""
    if kind.model is not None:
        info = fields(kind.model).get(step)
        return None if info is None else kind_of(info.annotation, tuple(info.metadata))
    arguments = get_args(kind.type)
    if kind.container is tuple:
        return kind_of(arguments[step] if arguments[-1] is not Ellipsis and step < len(arguments) else arguments[0])
    if kind.container is dict:
        is_limit = arguments[1] is Any and step in METRICS
        return Kind(float, LIMITS.get(METRICS[step].unit)) if is_limit else kind_of(arguments[1])
    return UNKNOWN


@dataclass(frozen=True)
class Spot:
    """Where an error is: the keys alone, what may stand there, what it stands in, and the union it was one option of."""

    path: tuple[Any, ...]
    kind: Kind
    parent: Kind
    union: Kind | None = None


def follow(model: type[BaseModel], loc: tuple[Any, ...]) -> Spot:
    """The spot that pydantic's `loc` leads to; in it, the names of union members stand between the keys."""
    path: list[Any] = []
    kind = parent = Kind(model)
    union = None
    for step in loc:
        if kind.options:
            union, kind = kind, kind.options.get(step, UNKNOWN)
        elif step != "[key]":
            union, parent, kind = None, kind, below(kind, step) or UNKNOWN
            path.append(step)
    return Spot(tuple(path), kind, parent, union)


def places(kind: Kind, name: str, path: tuple[str, ...] = ()) -> list[str]:
    """The dotted paths of all keys called `name`."""
    found = []
    for key in fields(kind.model) if kind.model else ():
        child = below(kind, key)
        if key == name:
            found.append(".".join((*path, key)))
        if child is not None and len(path) < 5:
            found += places(child, name, (*path, key))
    return found
