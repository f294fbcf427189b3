"""Load a user's own architecture: a class in a Python file that takes the place of a built-in one.

Such a file is code: any command that names it runs it, with all the rights of the user who gives the command.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import keyword
import linecache
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.architectures.guard import Watch, guarded, line_of, placed, said
from sim.architectures.slips import refused, slips
from sim.config.design import Design, Origin, architecture_name
from sim.config.errors import ConfigError, closest, nearest
from sim.config.files import read_text
from sim.config.loader import validate

_OWN = re.compile(r"(?P<file>.+\.py)(:(?P<name>\w*))?", re.DOTALL)
IMPORT = "from sim.config.design import Design"
EXPECTED = ", which is a class like `class MyCheckout(Design)`; a file to start from: coffee new my_checkout.py --from naive"

HEAD = '''"""A checkout of my own, which began as {base}.

    coffee compare morning-rush {base} {file}
    coffee windows {base} {file}

Every `yield` is a moment at which the process may die, and only what is in the database survives. This file is code: any
command that names it runs it. docs/write-an-architecture.md leads from naive to outbox in five steps.
"""'''


def is_own(text: str) -> bool:
    """Whether `text` names a Python file, perhaps with a class in it."""
    return _OWN.fullmatch(text) is not None


def file_named(text: str) -> str:
    """The Python file in a text like `my_checkout.py:MyCheckout`; "" if it names none."""
    match = _OWN.fullmatch(text)
    return match["file"] if match is not None else ""


def load_own(text: str, *, beside: Path = Path(), place: str = "") -> type[Design]:
    """Run the file, and return the class that a text like `my_checkout.py` or `my_checkout.py:MyCheckout` names.

    The file's path starts from the folder `beside`. Raises ConfigError for mistakes in the file, with their lines; for a file
    that is not there, the message begins with `place`, where the file was named.
    """
    match = _OWN.fullmatch(text)
    if match is None:
        raise ConfigError(f'{place}expected a Python file and a class, like my_checkout.py:MyCheckout (got "{text}")')
    path = beside / match["file"]
    if not path.exists():
        files = [file.name for file in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise ConfigError(f"{place}{path}: no such file{closest(path.name, files)}")
    return architecture(read_text(path), str(path), match["name"] or None)


@cache
def architecture(text: str, file: str, name: str | None) -> type[Design]:
    """The class of the name, or the file's only architecture if `name` is None, checked and guarded. Raises ConfigError."""
    module = _module(text, file)
    try:
        designs = {key: value for key, value in _classes(module).items() if issubclass(value, Design)}
    except Exception as error:  # of a class's own class, which answers in its place
        raise ConfigError(f"{placed(error, file)}: {said(error)}") from None
    if name is None and len(designs) != 1:
        raise ConfigError(_not_one(designs, module, text, file))
    if name is not None and name not in designs:
        raise ConfigError(_not_there(name, designs, module, text, file))
    return _ready(designs[name or next(iter(designs))], text, file)


@cache
def _ready(kind: type[Design], text: str, file: str) -> type[Design]:
    lines = Lines(file, text, kind.__name__)
    if not callable(getattr(kind, "handle", None)):
        raise ConfigError(f"{lines.at()}: {kind.__name__} has no `handle(self, shop, request)`, the story of a request")
    if inspect.isgeneratorfunction(getattr(kind, "set_up", None)):
        where = lines.at("set_up")
        raise ConfigError(f"{where}: set_up: a `yield` in it, but it takes no time; a story is begun by `shop.background(…)`")
    _check_sections(_with_defaults(kind, lines), lines)
    if wrong := slips(text, sys.modules[kind.__module__], kind):
        raise ConfigError(*(f"{file}:{line}: {message}" for line, message in wrong))
    kind.origin = Origin(text, file, kind.__name__)
    guarded(kind, kind.origin)
    kind.__reduce_ex__ = _reduced  # type: ignore[method-assign, assignment]
    return kind


def _with_defaults(kind: type[Design], lines: Lines) -> Design:
    """A design of the class with its defaults. Raises ConfigError."""
    try:
        return validate(kind, {"name": kind.__name__}, lines)
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:  # from a user's `__init__`, or because the class is abstract
        line = line_of(error.__traceback__, lines.file)
        raise ConfigError(f"{lines.at() if line is None else f'{lines.file}:{line}'}: {said(error)}") from None


def _check_sections(design: Design, lines: Lines) -> None:
    """Raises ConfigError if a section that every architecture has is of another type: the shop relies on its knobs."""
    for name, field in Design.model_fields.items():
        expected = type(field.default)
        if not isinstance(getattr(design, name), expected):
            raise ConfigError(f"{lines.at(name)}: {name}: expected {expected.__name__}, or a class that starts from it")


def new_file(architecture: type[Design], file: str) -> str:
    """A copy of a built-in architecture's file, with its class named after the new `file`: MyCheckout in `my_checkout.py`."""
    text = Path(inspect.getfile(architecture)).read_text(encoding="utf-8")
    base, stem = architecture.__name__, Path(file).stem
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"\W|_", stem))
    name = name if name.isidentifier() and not keyword.iskeyword(name) else "MyCheckout"
    head = HEAD.format(file=file, base=architecture_name(architecture))
    return head + text[text.index('"""', 3) + 3 :].replace(f"class {base}(", f"class {name}(")


def _reduced(design: Design, _: Any) -> tuple[Any, ...]:
    """Pickle a design with the text of its file: another process has neither the file nor the class."""
    origin = design.origin
    assert origin is not None
    return _blank, (origin.text, origin.file, origin.name), design.__getstate__()


def _blank(text: str, file: str, name: str) -> Design:
    kind = architecture(text, file, name)
    return kind.__new__(kind)


@cache
def _module(text: str, file: str) -> ModuleType:
    """Run the file's text, and return it as a module. Raises ConfigError."""
    name = f"own_{hashlib.sha256(f'{file}:{text}'.encode()).hexdigest()[:16]}"
    module = ModuleType(name)
    module.__dict__.update(__file__=file, print=_print)
    linecache.cache[file] = (
        len(text),
        None,
        text.splitlines(keepends=True),
        file,
    )  # for tracebacks, also where the file does not exist
    sys.modules[name] = module  # pydantic looks annotations up there, and pickle the classes
    try:
        if wrong := refused(ast.parse(text, file)):
            raise ConfigError(*(f"{file}:{line}: {message}" for line, message in wrong))
        with Watch() as watch:
            watch.enter()
            exec(compile(text, file, "exec", dont_inherit=True, optimize=min(sys.flags.optimize, 1)), module.__dict__)  # noqa: S102  running the file is the purpose
    except SyntaxError as error:
        raise ConfigError(_no_python(error, file)) from None
    except ModuleNotFoundError as error:
        is_beside = (Path(file).parent / f"{error.name}.py").exists()
        hint = "; an architecture is one file: put into it what it needs" if is_beside else ""
        raise ConfigError(f"{placed(error, file)}: {error}{hint}") from None
    except (ConfigError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ConfigError(f"{placed(error, file)}: {said(error)}") from None
    return module


def _no_python(error: SyntaxError, file: str) -> str:
    where = f"{file}:{error.lineno}:{error.offset}" if error.filename == file else placed(error, file)
    return f"{where}: {error.msg}"


def _print(*values: Any, **options: Any) -> None:
    """The `print` of the user's file: it writes to stderr, since stdout is for results."""
    print(*values, **{"file": sys.stderr, **options})  # noqa: T201  the user's file calls it


def _classes(module: ModuleType) -> dict[str, type]:
    return {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and not key.startswith("_")
    }


def _not_one(designs: dict[str, type[Design]], module: ModuleType, text: str, file: str) -> str:
    if designs:
        return f"{file}: {len(designs)} architectures; say which, like {file}:{list(designs)[-1]} ({', '.join(designs)})"
    without_base = next((name for name, kind in _classes(module).items() if hasattr(kind, "handle")), None)
    return _wrong_base(without_base, text, file) if without_base is not None else f"{file}: no architecture{EXPECTED}"


def _not_there(name: str, designs: dict[str, type[Design]], module: ModuleType, text: str, file: str) -> str:
    if name in _classes(module):
        return _wrong_base(name, text, file)
    return f'{file}: no class "{name}"{nearest(name, designs) or EXPECTED}'


def _wrong_base(name: str, text: str, file: str) -> str:
    at = Lines(file, text, name).at()
    return f"{at}: {name} is no Design, so it has no knobs; write `class {name}(Design)`, and above it `{IMPORT}`"


class Lines:
    """Knows in which line of its file each field of a class is, and the folder from which paths in the file start.

    Raises ConfigError for a text that is no Python.
    """

    def __init__(self, file: str, text: str, name: str) -> None:
        self.file = file
        self._text = text
        self.beside = Path(file).parent
        try:
            tree = ast.parse(text, file)
        except SyntaxError as error:
            raise ConfigError(_no_python(error, file)) from None
        self._class = next((node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name), None)

    def at(self, field: str | None = None) -> str:
        """`file:line` of a field or method; None: of the class. For an inherited field it is the line of `defaults`."""
        if self._class is None:
            return self.file
        lines = {
            target.id: statement.lineno
            for statement in self._class.body
            if isinstance(statement, ast.AnnAssign | ast.Assign)
            for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
            if isinstance(target, ast.Name)
        }
        lines |= {statement.name: statement.lineno for statement in self._class.body if isinstance(statement, ast.FunctionDef)}
        otherwise = lines.get("defaults", self._class.lineno) if field is not None else self._class.lineno
        return f"{self.file}:{lines.get(field or '', otherwise)}"

    def source(self) -> str:
        """The source code of the class."""
        assert self._class is not None
        first = min((decorator.lineno for decorator in self._class.decorator_list), default=self._class.lineno)
        return "".join(self._text.splitlines(keepends=True)[first - 1 : self._class.end_lineno])

    def line(self, path: tuple[Any, ...], message: str, *, missing: bool = False) -> tuple[tuple[int, int], str]:  # noqa: ARG002
        """The line to sort by, and a message with its place in front, like `Document.line` for a YAML file."""
        where = self.at(str(path[0])) if path else self.at()
        key = ".".join(map(str, path))
        line = int(where.rpartition(":")[2]) if self._class is not None else 0
        return (line, 0), f"{where}: {key}: {message}" if path else f"{where}: {message}"
