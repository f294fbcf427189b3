"""Which brokers there are: a queue of our own in a process of its own, or NATS JetStream at an address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from urllib.parse import urlsplit

from sim.config.errors import ConfigError
from sim.real.loopback import check_target

EMBEDDED = "embedded"


@contextmanager
def prepared(broker: str, consumers: dict[str, tuple[list[int], int]], visibility_s: float) -> Iterator[tuple[str, str]]:
    """The address of a broker for one morning, and its name and version. Afterwards nothing of it is left.

    Raises ConfigError for a broker that is not there, or not on this machine.
    """
    if broker == EMBEDDED:
        yield EMBEDDED, "embedded queue (SQLite)"
        return
    parts = urlsplit(broker)
    if parts.scheme != "nats":
        raise ConfigError(f'broker: expected "{EMBEDDED}", or an address like nats://127.0.0.1:4222 (got "{broker}")')
    try:
        check_target("broker", f"http://{parts.hostname}:{parts.port or 4222}", ())
    except ValueError as error:
        raise ConfigError(f'broker: not an address: {error} (got "{broker}")') from None
    with jetstream().fresh_stream(broker, consumers, visibility_s) as fresh:
        yield fresh


def jetstream() -> ModuleType:
    try:
        from sim.real.twin import jetstream as module
    except ModuleNotFoundError:
        raise ConfigError("broker: NATS needs nats-py; install it with: pip install 'coffee-please[real]'") from None
    return module
