"""Which brokers there are: a queue of our own in a process of its own, or NATS JetStream at an address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from sim.config.errors import ConfigError
from sim.real.loopback import check_server

EMBEDDED = "embedded"


@contextmanager
def prepared(broker: str, consumers: dict[str, tuple[list[int], int]], visibility_s: float) -> Iterator[tuple[str, str]]:
    """The address of a broker for one morning, and its name and version. Afterwards nothing of it is left.

    Raises ConfigError for a broker that is not there, or not on this machine.
    """
    if broker == EMBEDDED:
        yield EMBEDDED, "embedded queue (SQLite)"
        return
    if not broker.startswith("nats://"):
        raise ConfigError(f'broker: expected "{EMBEDDED}", or an address like nats://127.0.0.1:4222 (got "{broker}")')
    check_server("broker", broker, 4222)
    with jetstream().fresh_stream(broker, consumers, visibility_s) as fresh:
        yield fresh


def jetstream() -> ModuleType:
    try:
        from sim.real.twin import jetstream as module
    except ModuleNotFoundError:
        raise ConfigError("broker: NATS needs nats-py; install it with: pip install 'coffee-please[real]'") from None
    return module
