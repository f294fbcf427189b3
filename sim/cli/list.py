"""`coffee list`: the names that commands and files take."""

from __future__ import annotations

from sim.cli.options import Json


def list_(as_json: Json = False) -> None:
    """List scenarios, designs, provider presets and metrics."""
    from sim.cli.work import list as work

    work.list_(as_json=as_json)
