"""Find the files that come with the package by name: scenarios, designs and price tables."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sim.config.errors import ConfigError, closest, nearest

_BESIDE_PACKAGE = Path(__file__).parent.parent / "scenarios"  # in a wheel
FOLDER = _BESIDE_PACKAGE if _BESIDE_PACKAGE.is_dir() else Path(__file__).parents[2] / "scenarios"
SUFFIXES = (".yaml", ".yml")
SEE_LIST = "; coffee list shows all names (a file's name must end in .yaml)"
OTHERS = ("designs", "prices")  # folders that hold no scenarios


def names(folder: str = "") -> list[str]:
    """The sorted names of the bundled files in `folder`; "" lists all scenarios, also those in folders (`windows/w01`)."""
    return [name for name in _names_in(FOLDER / folder) if folder or name.partition("/")[0] not in OTHERS]


@lru_cache  # the package's files stay as they are while it runs, and a matrix asks for them thousands of times
def _names_in(root: Path) -> list[str]:
    known = (path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.yaml"))
    return sorted(known, key=lambda name: ("/" in name, name))


def short_names() -> dict[str, str]:
    """Short name -> whole name of every scenario: its name without the folder; a window also by its number (`w4`, `w04`)."""
    short: dict[str, str] = {}
    for whole in names():
        folder, _, last = whole.rpartition("/")
        short[last] = whole
        if folder == "windows":
            number = last.partition("-")[0]
            short[number] = short[f"w{int(number[1:])}"] = whole
    return short


def full_name(name: str) -> str:
    """The whole name of the scenario with the short name `name`; `name` itself if there is none."""
    return short_names().get(name.lower(), name)


def as_text(name: object, kind: str) -> str:
    """Turn a name or a path into text. Raises ConfigError for anything else."""
    if not isinstance(name, (str, Path)):
        article = "an" if type(name).__name__[0] in "AEIOUaeiou" else "a"
        raise ConfigError(f"expected the name of a {kind}, a path, or a loaded {kind} (got {article} {type(name).__name__})")
    return str(name)


def is_path(name: str) -> bool:
    """Whether `name` is the path of a user's file and not the name of a bundled one."""
    return name.endswith(SUFFIXES)


def find(name: str, *, folder: str = "", kind: str = "scenario") -> Path:
    """The file of a bundled name, or the path itself if it ends in .yaml. Raises ConfigError."""
    if is_path(name):
        path = Path(name)
        if not path.exists():
            raise ConfigError(f"{name}: no such file{closest(path.name, _neighbours(path))}")
        return path
    known = names(folder)
    full = name if folder else full_name(name)
    if full in known:
        return FOLDER / folder / f"{full}.yaml"
    hint = closest_file(name) or (nearest(name, known) if folder else closest(name, [*short_names(), *known]) or SEE_LIST)
    raise ConfigError(f'unknown {kind} "{name}"{hint}')


def closest_file(name: str) -> str:
    """`; did you mean the file "rush.yaml"?` if there is such a file and the user left out its ending; else nothing."""
    files = [f"{name}{suffix}" for suffix in SUFFIXES if "\0" not in name and Path(f"{name}{suffix}").is_file()]
    return f'; did you mean the file "{files[0]}"?' if files else ""


def _neighbours(path: Path) -> list[str]:
    return [file.name for file in path.parent.glob("*") if file.suffix in SUFFIXES] if path.parent.is_dir() else []
