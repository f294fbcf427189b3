"""What is installed is what was locked, to the byte."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<marker> ; [^\\]+)?(?P<hashes>( \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


def pins(file: str) -> list[str]:
    """The names of the packages, if the file holds nothing but pins with hashes."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = list(PIN.finditer(text))
    assert "".join(pin[0] for pin in found) == text, "anything but a name, a version, a marker and hashes"
    return [pin["name"] for pin in found]


@pytest.mark.parametrize("file", ["requirements.lock", "setup.lock"])
def test_every_pin_has_hashes_and_no_address(file: str) -> None:
    """A lock file says what, and never where from."""
    assert pins(file)


def test_whatever_can_be_installed_is_locked() -> None:
    """Of the project and all its extras, of the tool that builds it, and of the one that installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = sum(extras.values(), project["project"]["dependencies"] + project["build-system"]["requires"])
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted}  # type: ignore[index]
    assert names - set(pins("requirements.lock")) == {"coffee-please"}
    assert pins("setup.lock") == ["uv"]
