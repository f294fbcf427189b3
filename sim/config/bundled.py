"""What comes with the package: scenarios, designs and price tables, by name."""

from __future__ import annotations

from pathlib import Path

from sim.config.errors import ConfigError, closest, nearest

_BESIDE_PACKAGE = Path(__file__).parent.parent / "scenarios"  # in a wheel
FOLDER = _BESIDE_PACKAGE if _BESIDE_PACKAGE.is_dir() else Path(__file__).parents[2] / "scenarios"
SUFFIXES = (".yaml", ".yml")
SEE_LIST = "; coffee list tells all names (a file's name must end in .yaml)"
OTHERS = ("designs", "prices")  # folders that hold no scenarios


def names(folder: str = "") -> list[str]:
    """The names one can give for a scenario ("", also those in folders: `windows/w01`), or for `folder`'s files, sorted."""
    root = FOLDER / folder
    found = [path.relative_to(root).with_suffix("") for path in root.rglob("*.yaml")]
    return sorted((name.as_posix() for name in found if folder or name.parts[0] not in OTHERS), key=lambda n: ("/" in n, n))


def short_names() -> dict[str, str]:
    """What a scenario may be called -> its whole name: without its folder, and a window by its number (`w4`, `w04`)."""
    found: dict[str, str] = {}
    for whole in names():
        folder, _, last = whole.rpartition("/")
        found[last] = whole
        if folder == "windows":
            number = last.partition("-")[0]
            found[number] = found[f"w{int(number[1:])}"] = whole
    return found


def full_name(name: str) -> str:
    """A scenario's whole name, if there is one that is called so for short; else the name as it is."""
    return short_names().get(name.lower(), name)


def as_text(name: object, kind: str) -> str:
    """A name or a path as text. Raises ConfigError for anything else."""
    if not isinstance(name, (str, Path)):
        article = "an" if type(name).__name__[0] in "AEIOUaeiou" else "a"
        raise ConfigError(f"expected the name of a {kind}, a path, or a loaded {kind} (got {article} {type(name).__name__})")
    return str(name)


def is_path(name: str) -> bool:
    """Whether a name means a file of the user's."""
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
    """`; did you mean the file "rush.yaml"?` if there is one, for somebody who left its ending out."""
    files = [f"{name}{suffix}" for suffix in SUFFIXES if "\0" not in name and Path(f"{name}{suffix}").is_file()]
    return f'; did you mean the file "{files[0]}"?' if files else ""


def _neighbours(path: Path) -> list[str]:
    return [file.name for file in path.parent.glob("*") if file.suffix in SUFFIXES] if path.parent.is_dir() else []
