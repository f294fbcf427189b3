"""The busiest minutes of a station: by hand, and where it is full all the time or never."""

from __future__ import annotations

import pytest
import yaml

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from sim.ledger.records import StationRecord
from sim.validation.bare import bare_design, bare_world
from tests.worlds import judged


def checkout(per_s: float, service: str, minutes: int, drain: str = "2h", workers: int = 1) -> StationRecord:
    """The checkout's record where somebody comes every 1 / per_s seconds, and is served for so long."""
    number = int(minutes * 60 * per_s)
    times = [f"07:{int(i / per_s) // 60:02d}:{int(i / per_s) % 60:02d}" for i in range(number)]
    world = bare_world(number, per_s, {"traffic": {"times": times}, "clock": {"duration": f"{minutes}min", "drain": drain}})
    server = {"checkout": {"workers": workers, "instances": 1, "service": {"constant": service}, "queue_limit": None}}
    tables, _ = judged(parse_scenario(yaml.safe_dump(world)), parse_design(yaml.safe_dump(bare_design("naive", server))), 0)
    return next(station for station in tables.stations if station.name == "checkout")


def test_half_full_is_half_full_however_long_the_drain() -> None:
    """A customer every second, served for half of it: 50 % in the busiest minutes, and nobody queues."""
    for drain in ("10min", "6h"):
        record = checkout(1.0, "500ms", 10, drain)
        assert record.busiest_share == pytest.approx(0.5, abs=0.01)
        assert record.busiest_queueing_share == 0.0


def test_overload_is_full_with_a_queue() -> None:
    """Served for two seconds each, one server is busy and has a queue all the time, though it was idle for most of the day."""
    record = checkout(1.0, "2s", 10, "6h")
    assert record.busiest_share == pytest.approx(1.0, abs=1e-9)
    assert record.busiest_queueing_share == pytest.approx(1.0, abs=1e-9)


def test_two_servers_share_it() -> None:
    """A load of one is half of two servers."""
    assert checkout(1.0, "1s", 10, workers=2).busiest_share == pytest.approx(0.5, abs=0.01)


def test_a_morning_shorter_than_five_minutes() -> None:
    """Its minutes are all there are; the drain's count as well."""
    assert 0.0 < checkout(1.0, "500ms", 1, "1min").busiest_share <= 0.5
