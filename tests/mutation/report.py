"""Compares the mutants that no test notices with those that `tests/mutants.md` explains.

A mutant is known by where it is and by the lines that it changes, not by its running number: a heading of the list names the
function (or module), and each paragraph of a diff below it is one mutant.
"""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from tests.mutation import outside

LIST = Path("tests/mutants.md")
NOTICED = ("killed", "timeout")


class Mutant(NamedTuple):
    where: str  # sim.world.provider.Provider.charge, or just the module
    change: tuple[str, ...]  # the lines of its diff, without indentation

    def __str__(self) -> str:
        return "\n".join((f"## {self.where}", *self.change))


def changed(where: str, lines: list[str]) -> Mutant:
    told = [line for line in lines if line[:1] in {"-", "+"} and line[:3] not in {"---", "+++"}]
    return Mutant(where, tuple(f"{line[0]} {line[1:].strip()}" for line in told))


def explained(text: str) -> set[Mutant]:
    """What the list holds."""
    found = set()
    for section in text.split("\n## ")[1:]:
        where, _, rest = section.partition("\n")
        for block in re.findall(r"```diff\n(.*?)```", rest, re.DOTALL):
            found |= {changed(where, change.splitlines()) for change in block.split("\n\n")}
    return found


def of_mutmut(path: Path) -> tuple[int, set[Mutant]]:
    """How many mutants of a file there were, and those that no test noticed."""
    data = SourceFileMutationData(path=path)
    data.load()
    alive = set()
    for name, exit_code in data.exit_code_by_key.items():
        if status_by_exit_code[exit_code] not in NOTICED:
            function, owner = orig_function_and_class_names_from_key(name)
            where = ".".join(filter(None, (outside.module_name(path), owner, function)))
            alive.add(changed(where, get_diff_for_mutant(name, path=path).splitlines()))
    return len(data.exit_code_by_key), alive


def of_the_rest(paths: list[Path]) -> tuple[int, set[Mutant]]:
    """Likewise those outside mutmut's reach."""
    tried = [(path, text) for path in paths for text in outside.mutants(path)]
    outside.control(sorted({path for path, _ in tried}))
    alive = set()
    for (path, text), survived in zip(tried, outside.which_survive(tried), strict=True):
        if survived:
            lines = unified_diff(path.read_text().splitlines(), text.splitlines(), n=0, lineterm="")
            alive.add(changed(outside.module_name(path), list(lines)))
    return len(tried), alive


def report() -> int:
    """Print what survived without an explanation, and what is explained without having survived. 0 if neither."""
    paths = sorted(walk_mutatable_files())
    numbers, survivors = zip(*(of_mutmut(path) for path in paths), of_the_rest(paths), strict=True)
    alive, known = set().union(*survivors), explained(LIST.read_text())
    for title, found in (
        ("survived, and is not explained", alive - known),
        ("is explained, but did not survive", known - alive),
    ):
        for mutant in sorted(found):
            print(f"\n{title}:\n{mutant}")
    print(f"\n{sum(numbers)} mutants, {len(alive)} survived, {len(alive & known)} of them explained in {LIST}")
    return int(alive != known)
