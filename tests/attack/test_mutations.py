"""Bundled files with a slip of the hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.harness import attempt, chosen, fault_of, faults, some_and_all, told
from tests.attack.mutations import mutations

ASKED = {"designs": ("lint", "bad.yaml"), "prices": ("lint", "priced.yaml", "naive")}
SCENARIO = ("lint", "bad.yaml", "naive")


@some_and_all(8)
def test_slips_are_refused(most: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every slip of the hand in any bundled file, scenario, design or price table, is refused by the name of the file."""
    monkeypatch.chdir(tmp_path)
    Path("priced.yaml").write_text("{name: priced, prices: bad.yaml}")

    def slipped(slip: tuple[str, str, str | bytes]) -> str:
        name, _, content = slip
        Path("bad.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
        return fault_of(attempt(*ASKED.get(name.partition("/")[0], SCENARIO), says="bad.yaml"))

    inputs = mutations()
    assert len(inputs) >= 366
    assert len({name for name, _, _ in inputs}) >= 49
    assert not (found := faults(chosen(inputs, most), slipped)), told(found)
