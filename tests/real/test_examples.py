"""The examples do what their pages say: the broken shops are caught with one mishap, the mended ones pass."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sim.config.service import load_service
from tests.real.test_rehearse import free_port, listens, ran_long

EXAMPLES = Path(__file__).parents[2] / "examples"
BROKEN_S = 60.0  # in which a broken shop is caught
node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")


def copied(folder: Path, name: str, tmp_path: Path) -> tuple[Path, int]:
    """An adapter with its shop, at a port that is free, run by this Python."""
    port = free_port()
    made = tmp_path / folder.name
    shutil.copytree(folder, made)
    file = made / f"{name}.yaml"
    text = file.read_text(encoding="utf-8").replace("8000", str(port)).replace("8100", str(port))
    file.write_text(text.replace("start: python ", f"start: {sys.executable} "), encoding="utf-8")
    return file, port


def rehearse(file: Path, port: int, *more: str) -> tuple[int, Any, float]:
    began = time.monotonic()
    code, out, err = ran_long("rehearse", str(file), "--json", *more)
    assert out, err
    assert not listens(port)
    return code, json.loads(out), time.monotonic() - began


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/*.yaml")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_adapter_can_be_read(file: Path) -> None:
    """And each has its shop beside it."""
    service = load_service(file)
    assert service.process is not None
    assert (file.parent / service.process.start.split()[1]).is_file()


def test_the_broken_shop_is_as_short_as_is_said() -> None:
    """Some eighty lines at most: it is read by whoever begins."""
    assert len((EXAMPLES / "flask-shop" / "broken.py").read_text(encoding="utf-8").splitlines()) <= 85


@pytest.mark.slow
def test_the_broken_shop_is_caught_in_under_a_minute(tmp_path: Path) -> None:
    """With one mishap: an answer of the provider that is lost charges twice, and so do five other mishaps."""
    code, found, took_s = rehearse(*copied(EXAMPLES / "flask-shop", "broken", tmp_path), "--every", "1")
    assert code == 1
    assert took_s < BROKEN_S
    broken = {one["told"]: one for one in found["failing"]}
    assert {"call 1 is lost", "answer 1 is lost", "the customer taps twice", "the service is killed on captured"} <= set(broken)
    assert all("double_charge" in one["harm"] and one["charged"] == 2 for one in broken.values())


@pytest.mark.slow
def test_the_mended_shop_passes_with_one_mishap(tmp_path: Path) -> None:
    """Also those with a webhook."""
    code, found, _ = rehearse(*copied(EXAMPLES / "flask-shop", "mended", tmp_path), "--every", "1")
    assert (code, found["failing"]) == (0, [])
    assert found["reached"]["crash webhook"] == 1


@pytest.mark.deep
def test_the_mended_shop_passes_with_two_mishaps(tmp_path: Path) -> None:
    """Every pair of mishaps; all kinds came about."""
    code, found, _ = rehearse(*copied(EXAMPLES / "flask-shop", "mended", tmp_path), "--every", "2")
    assert (code, found["failing"]) == (0, [])
    assert all(found["reached"].values())


@node
@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("broken", 1), ("mended", 0)])
def test_the_shop_in_another_language(tmp_path: Path, name: str, code: int) -> None:
    """Nothing is Python's: the same holds for a shop in Node."""
    got, found, _ = rehearse(*copied(EXAMPLES / "node-shop", name, tmp_path), "--every", "1")
    assert got == code, found["failing"]
    assert bool(found["failing"]) == (name == "broken")
