"""A file that was written for somebody to edit: the JSON of `new`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

Kind = Literal["scenario", "design", "architecture"]

NewFile = TypedDict(
    "NewFile",
    {
        "file": Annotated[str, Field(description="path of the file")],
        "kind": Annotated[Kind, Field(description="what it holds")],
        "from": Annotated[str, Field(description="name of what it was copied from")],
        "then": Annotated[str, Field(description="the command to type after the file was edited")],
    },
)
NewFile.__doc__ = "A new file to edit."


def document(file: str, kind: Kind, *, base: str, then: str) -> NewFile:
    return {"file": file, "kind": kind, "from": base, "then": then}
