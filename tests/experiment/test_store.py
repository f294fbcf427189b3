"""The file of results: exact, refused when it isn't ours, and never half-written."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from sim.architectures import load_design, parse_design
from sim.cli.work.texts import removing
from sim.config.errors import ConfigError
from sim.config.library import load_scenario, parse_scenario
from sim.documents.stored import write_csv
from sim.experiment import store as storing
from sim.experiment.altering import altered, changed
from sim.experiment.store import COSTS, Measured, Pair, Store, as_yaml, pair_of, version
from sim.experiment.store_listing import listing, write_parquet
from sim.vocabulary import COUNTED, METRICS

WORLD = load_scenario("calm-tuesday")
NAIVE, OUTBOX = load_design("naive"), load_design("outbox")
PAIR = pair_of(WORLD, NAIVE, {})


def morning(seed: int, **metrics: float) -> Measured:
    numbers = {**dict.fromkeys(METRICS, 0.1), "purchases": 40.0, **metrics}
    return Measured(seed, numbers, dict.fromkeys(COSTS, 1 / 3), dict.fromkeys(COUNTED, 7) | {"purchases": 40})


def values(found: Mapping[int, Measured]) -> list[str]:
    """As text, since NaN equals nothing."""
    return [repr(one) for one in found.values()]


def fill(file: Path, pairs: list[Pair], seeds: range = range(3)) -> None:
    with Store(file, create=True) as store:
        for pair in pairs:
            store.add(pair, [morning(seed) for seed in seeds])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def test_numbers_come_back_to_the_last_bit(file: Path) -> None:
    """Nothing to count (NaN), never (inf), zero and the smallest and largest numbers are kept apart."""
    odd = morning(2**63 - 2, ack_latency_p95=float("inf"), convergence_time=float("nan"), cost_per_1000=0.1 + 0.2,
                  monthly_cost=5e-324, confirmed_share=0.0, infra_cost_per_1000=1.7976931348623157e308)  # fmt: skip
    with Store(file, create=True) as store:
        store.add(PAIR, [odd, morning(1)])
    with Store(file) as store:
        assert values(store.mornings(PAIR, range(2**63 - 1))) == [repr(morning(1)), repr(odd)]
        assert values(store.mornings(PAIR, range(2))) == [repr(morning(1))]
        [row] = store.rows("SELECT convergence_time, ack_latency_p95 FROM results WHERE seed > 1")
    assert row == {"convergence_time": None, "ack_latency_p95": float("inf")}


def test_a_file_says_what_it_is_of(file: Path) -> None:
    """Any tool finds the names, the varied keys, and both files as YAML, which read back as they were."""
    world, [design] = changed(WORLD, [OUTBOX], {"provider.declined": "9%", "relay.poll_every": "3s"})
    fill(file, [pair_of(world, design, {"provider.declined": "9%", "relay.poll_every": "3s"})])
    with sqlite3.connect(file) as raw:
        raw.row_factory = sqlite3.Row
        [scenario] = raw.execute("SELECT * FROM scenarios").fetchall()
        [stored] = raw.execute("SELECT * FROM designs").fetchall()
        rows = raw.execute("SELECT * FROM results").fetchall()
    raw.close()
    assert parse_scenario(scenario["yaml"]) == world
    assert parse_design(stored["yaml"]) == design
    assert {(row["scenario_name"], row["design_name"], row["version"]) for row in rows} == {
        ("calm-tuesday", "outbox", version())
    }
    assert json.loads(rows[0]["varied"]) == {"provider.declined": "9%", "relay.poll_every": "3s"}
    assert rows[0]["cost_lost_sales"] == 1 / 3


@pytest.mark.parametrize("name", ["morning-rush", "provider-outage", "windows/w04-crash-after-charge"])
def test_scenarios_read_back_from_their_text(name: str) -> None:
    """What the file keeps as YAML is the whole scenario."""
    try:
        world = load_scenario(name)
    except ConfigError:
        world = load_scenario("w4")
    assert parse_scenario(as_yaml(world)) == world


def test_the_order_in_which_mornings_come_leaves_no_trace(tmp_path: Path) -> None:
    """One file filled in order, the other in pieces, backwards and with repetitions, have the same content."""
    one, other = tmp_path / "one.sqlite", tmp_path / "other.sqlite"
    pairs = [PAIR, pair_of(WORLD, OUTBOX, {"relay.batch": 3})]
    fill(one, pairs)
    for seeds in (range(2, 3), range(1), range(3)):
        fill(other, pairs[::-1], seeds)
    with Store(one) as a, Store(other) as b:
        assert a.content() == b.content()
        b.add(PAIR, [morning(3)])
        assert a.content() != b.content()


def test_results_of_other_code_are_not_served(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is part of the key; `old` removes what other versions have left."""
    fill(file, [PAIR])
    monkeypatch.setattr(storing, "version", lambda: "0.1.0+other")
    with Store(file) as store:
        assert store.mornings(PAIR, range(3)) == {}
        store.add(PAIR, [morning(0)])
    monkeypatch.undo()
    with Store(file) as store:
        assert len(store.mornings(PAIR, range(3))) == 3
        assert store.remove(*removing("old")) == 1
        assert [row.mornings for row in listing(store)] == [3]


def test_the_version_is_told_by_what_simulates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another price among the bundled ones is another version."""
    before = version()
    (tmp_path / "prices").mkdir()
    for table in (storing.FOLDER / "prices").glob("*.yaml"):
        (tmp_path / "prices" / table.name).write_bytes(table.read_bytes() + b"\n")
    monkeypatch.setattr(storing, "FOLDER", tmp_path)
    assert version.__wrapped__() != before  # type: ignore[attr-defined]


def test_own_price_tables_count(tmp_path: Path) -> None:
    """A price table of one's own that has changed makes another pair."""
    text = (storing.FOLDER / "prices" / "aws-us-east-1.yaml").read_text(encoding="utf-8")
    table = tmp_path / "own.yaml"
    table.write_text(text, encoding="utf-8")
    world = altered(WORLD, ("prices",), str(table))
    before = pair_of(world, NAIVE, {}).digests
    table.write_text(text.replace("value: 0.75", "value: 0.76").replace("value: 0", "value: 1", 1), encoding="utf-8")
    again = altered(WORLD, ("prices",), str(table))
    assert pair_of(again, NAIVE, {}).digests != before


def test_changed_prices_are_another_pair() -> None:
    """A line that differs from the table's makes another pair; one that says what the table says doesn't."""
    for value, same in ((25, False), (15, True)):
        changed = altered(WORLD, ("prices", "dispute"), value)
        assert (pair_of(changed, NAIVE, {}).digests == PAIR.digests) is same


def test_removing_takes_what_is_of_no_use_along(file: Path) -> None:
    """Mornings of a design go with their cells and texts; others stay."""
    fill(file, [PAIR, pair_of(WORLD, OUTBOX, {})])
    with Store(file) as store:
        assert store.remove(*removing("design=outbox")) == 3
        assert [row.design for row in listing(store)] == ["naive"]
        assert store.rows("SELECT name FROM designs") == [{"name": "naive"}]
        assert store.remove(*removing("scenario=calm-tuesday")) == 3
        assert [store.rows(f"SELECT * FROM {table}") for table in ("scenarios", "designs", "cells", "mornings")] == [[]] * 4


def raw(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def error(file: Path, *, create: bool = True) -> str:
    with pytest.raises(ConfigError) as caught, Store(file, create=create):
        pass
    message = str(caught.value)
    assert message.startswith(str(file))
    return message.removeprefix(f"{file}: ")


def test_files_of_others_are_left_alone(file: Path) -> None:
    """Text, another program's database and a newer version's file are refused, each with what to do."""
    file.write_text("name: no database, but long enough to have been one" * 100)
    before = file.read_bytes()
    assert error(file) == "not a file of results (no SQLite file at all), so it is left alone; name another file"
    assert file.read_bytes() == before
    file.unlink()
    raw(file, "CREATE TABLE customers (id)")
    assert error(file) == "an SQLite file of another program, so it is left alone; name another file"
    file.unlink()
    fill(file, [PAIR])
    raw(file, "PRAGMA user_version = 2")
    assert error(file).startswith("written by a newer version of coffee (schema 2, this one knows 1)")


def test_places_that_cannot_be_are_said(file: Path, tmp_path: Path) -> None:
    """A folder, a file's name used as a folder, and a file that is not there."""
    assert error(tmp_path).startswith("a folder; name a file for the results")
    assert error(file, create=False) == "no such file; coffee sweep makes it"
    file.write_text("")
    assert error(file / "below.sqlite").startswith("cannot be written")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written(file: Path) -> None:
    """It can still be read; writing says what to do."""
    fill(file, [PAIR])
    file.chmod(0o444)
    with Store(file) as store:
        assert len(store.mornings(PAIR, range(3))) == 3
        with pytest.raises(ConfigError, match="no permission; make it writable"):
            store.add(PAIR, [morning(9)])


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_file_that_goes_away(file: Path, how: str) -> None:
    """Meanwhile; that is no question of permission."""
    fill(file, [PAIR])
    with Store(file) as store:
        if how == "moved":
            file.rename(file.with_name("elsewhere.sqlite"))
        else:
            file.unlink()
        if how == "replaced":
            file.write_bytes(b"")
        with pytest.raises(ConfigError, match="deleted, moved or unmounted meanwhile"):
            store.add(PAIR, [morning(9)])


def test_a_full_disk_keeps_what_was_finished(file: Path) -> None:
    """The morning that found no room is not there, those before it are, and the message says what to do."""
    fill(file, [PAIR])
    with Store(file) as store:
        store._file.execute("PRAGMA max_page_count = 1")  # as many pages as there are: SQLite sets no less

        def fill_up() -> None:
            for seed in range(10, 1000):
                store.add(PAIR, [morning(seed)])

        with pytest.raises(ConfigError, match="the disk is full; make room, and give the same command again"):
            fill_up()
    with Store(file) as store:
        found = store.mornings(PAIR, range(1000))
        assert set(found) >= {0, 1, 2}
        assert set(found) == {0, 1, 2, *range(10, max(10, max(found) + 1))}
        assert store.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_locked_file_is_waited_for_and_then_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that holds the file for longer than patience lasts is named as what it is."""
    fill(file, [PAIR])
    monkeypatch.setattr(storing, "PATIENCE_S", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store(file) as store:
        with pytest.raises(ConfigError, match="locked by another program"):
            store.add(PAIR, [morning(9)])
        other.execute("ROLLBACK")
        store.add(PAIR, [morning(9)])
    other.close()


def test_columns_of_new_metrics_are_added(file: Path) -> None:
    """A file made before there was a metric takes it in."""
    fill(file, [PAIR])
    raw(file, "DROP VIEW results", "ALTER TABLE mornings DROP COLUMN monthly_cost", storing.TABLES.split(";\n")[-2])
    with Store(file) as store:
        assert values(store.mornings(PAIR, range(1))) == [repr(morning(0, monthly_cost=float("nan")))]


def test_exports_hold_every_morning(file: Path, tmp_path: Path) -> None:
    """CSV and Parquet have the same rows; never is inf, nothing to count is empty."""
    fill(file, [PAIR])
    csv, parquet = tmp_path / "it's.csv", tmp_path / "it's.parquet"
    with Store(file) as store:
        store.add(PAIR, [morning(7, ack_latency_p95=float("inf"), convergence_time=float("nan"))])
        assert write_csv(store, csv) == 4
        lines = [line.split(",") for line in csv.read_text(encoding="utf-8").splitlines()]
        column = {name: number for number, name in enumerate(lines[0])}
        assert [line[column["ack_latency_p95"]] for line in lines[1:]] == ["0.1", "0.1", "0.1", "inf"]
        assert lines[-1][column["convergence_time"]] == ""
        duckdb = pytest.importorskip("duckdb")
        assert write_parquet(store, parquet) == 4
    rows = duckdb.sql(
        f"SELECT seed, ack_latency_p95, convergence_time FROM '{str(parquet).replace(chr(39), 2 * chr(39))}'"
    ).fetchall()
    assert rows == [(0, 0.1, 0.1), (1, 0.1, 0.1), (2, 0.1, 0.1), (7, float("inf"), None)]
