"""What the page may open and write: nothing outside of the folder in which it was started."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sim.architectures import design_names, is_own
from sim.config import library
from sim.config.bundled import SUFFIXES, is_path
from sim.config.errors import ConfigError
from sim.config.loader import Document, read_text
from sim.documents.catalogue import Catalogue, document

MOST_FILES = 200  # of the working folder that are looked into


class Shelf:
    """What the page may open: everything bundled, what the command line named, and YAML files of the working folder."""

    def __init__(self, named: Sequence[str] = ()) -> None:
        self.named = tuple(named)

    def check(self, name: str) -> None:
        """Raises ConfigError for a file of another folder, and for code that the command line didn't name."""
        if name in self.named:
            return
        if is_own(name):
            raise ConfigError(f"{name}: the page runs only code that `coffee serve` was started with")
        if is_path(name):
            self.check_file(name)
            self._check_start(name, ())

    def check_file(self, name: str) -> None:
        """Raises ConfigError for a file of another folder."""
        if name not in self.named and not is_here(name):
            raise ConfigError(f"{name}: the page opens only files of the folder in which `coffee serve` was started")

    def _check_start(self, name: str, behind: tuple[str, ...]) -> None:
        """The same for what a design's file starts from. A file that can't be read is told of when it is loaded."""
        try:
            document = Document(read_text(Path(name)), name)
        except ConfigError:
            return
        base = document.data.get(document.start or "")
        if document.start == "architecture":
            raise ConfigError(f"{name}: it names code; the page runs only code that `coffee serve` was started with")
        if isinstance(base, str) and is_path(base) and base not in behind:
            self.check_file(base)
            self._check_start(base, (*behind, name))


def is_here(name: str) -> bool:
    """Whether it is the plain name of a file, which leads nowhere else."""
    return re.fullmatch(r"\w[\w .-]*", name) is not None and not Path(name).is_symlink()


def catalogue(shelf: Shelf) -> Catalogue:
    """Every scenario and design that the page can choose, with files of the working folder; what can't be read is left out."""
    scenarios, designs = dict.fromkeys(library.names(), ""), dict.fromkeys(shelf.named[1:] + tuple(design_names()), "")
    for path in sorted(Path().glob("*.y*ml"))[:MOST_FILES]:
        if is_here(path.name) and path.suffix in SUFFIXES:
            try:
                is_design = Document(read_text(path), path.name).start is not None
                (designs if is_design else scenarios)[path.name] = ""
            except ConfigError:
                continue
    return document(scenarios, designs)
