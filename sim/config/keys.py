"""Which keys a file may have, and the type of the value at each: read off the pydantic models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from sim.config.units import DURATION, PROBABILITY, USD, Unit
from sim.vocabulary import METRICS

LIMITS = {"share": PROBABILITY, "s": DURATION, "USD": USD}  # a metric's unit -> how an objective writes its limit


@dataclass(frozen=True)
class Kind:
    """What a value may be: a model, a quantity with a unit, a list, some words, or one of several such `options`."""

    type: Any
    unit: Unit | None = None
    nullable: bool = False
    options: dict[str, Kind] = field(default_factory=dict)  # by the name that stands for them in pydantic's `loc` of an error

    @property
    def model(self) -> type[BaseModel] | None:
        return self.type if isinstance(self.type, type) and issubclass(self.type, BaseModel) else None

    @property
    def words(self) -> tuple[str, ...]:
        """The words to choose from, if the value is one of some words; else none."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def container(self) -> type | None:
        """`tuple` or `dict` if the value is a list or a mapping of such values; else None."""
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
    """The keys of a model as files write them, without the fields that are only filled in after reading."""
    return {info.alias or name: info for name, info in model.model_fields.items() if not info.exclude}


def below(kind: Kind, step: Any) -> Kind | None:
    """The kind of the value at key or index `step` of a `kind`. None: there is no such key."""
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
    """Where an error is: the path of keys and indices, the kind of the value there and of its parent, and its union, if any."""

    path: tuple[Any, ...]
    kind: Kind
    parent: Kind
    union: Kind | None = None


def follow(model: type[BaseModel], loc: tuple[Any, ...]) -> Spot:
    """The spot to which pydantic's `loc` leads. Names of union members, which a `loc` has between the keys, are dropped."""
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
    """The dotted paths of all keys called `name`, up to six levels deep."""
    dotted = []
    for key in fields(kind.model) if kind.model else ():
        child = below(kind, key)
        if key == name:
            dotted.append(".".join((*path, key)))
        if child is not None and len(path) < 5:
            dotted += places(child, name, (*path, key))
    return dotted
