"""`coffee provider`: listens, says where, and serves until Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sim.cli.messages import note
from sim.cli.work.names import scenario_called
from sim.config.errors import ArgumentError, ConfigError, nearest
from sim.config.presets import PRESETS
from sim.config.scenario import Provider as Knobs
from sim.config.scenario import ProviderKeys
from sim.config.units import duration_s
from sim.experiment.effort import check_whole
from sim.experiment.extras import how_to_install


def provider(
    port: int, scenario: str | None, preset: str, late: str, webhooks: tuple[str | None, str], metadata: str | None,
    allowed: Sequence[str], seed: int,
) -> None:  # fmt: skip
    check_real("the provider")
    from sim.real.loopback import check_target, listening
    from sim.real.provider.alone import serve
    from sim.real.provider.fates import Fates, Script, Weather

    check_whole("port", port, 0, 65_535)
    check_whole("seed", seed, 0, 2**63 - 1)
    url, secret = webhooks
    if url is not None:
        with elsewhere_said():
            check_target("--webhooks", url, allowed)
    fates: Fates = (
        Script(late_s=_seconds("late", late), keys=_keys(preset)) if scenario is None
        else Weather(scenario_called(scenario), seed)
    )  # fmt: skip
    with listening(port, "--port") as bound:
        serve(
            bound, fates, webhooks=None if url is None else (url, secret), metadata=metadata,
            started=lambda made: _say(made.address),
        )  # fmt: skip


def _say(address: str) -> None:
    note(f"the provider is at {address}")
    note(f"its ledger: {address}/coffee/ledger.txt")
    note("Ctrl-C ends it")


@contextmanager
def elsewhere_said() -> Iterator[None]:
    """A host that is not this machine is an error that names the option that lets it."""
    from sim.real.loopback import Elsewhere

    try:
        yield
    except Elsewhere as error:
        raise ConfigError(f"{error}; --allow-host {error.host} lets them") from None


def check_real(what: str) -> None:
    """Raises ConfigError if the extra is missing."""
    try:
        import aiohttp  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
        raise ConfigError(f"{what} needs aiohttp, which is not installed: {how_to_install('real')}") from None


def _keys(preset: str) -> ProviderKeys | None:
    if preset not in PRESETS:
        raise ArgumentError("preset", f'no such preset "{preset}"{nearest(preset, PRESETS)}')
    keys = Knobs.model_validate({"preset": preset}).keys
    return None if keys == "none" else keys


def _seconds(argument: str, text: str) -> float:
    try:
        value = duration_s(text)
    except ValueError as error:
        raise ArgumentError(argument, f'{error} (got "{text}")') from None
    if value > 3600:
        raise ArgumentError(argument, f'at most 1h (got "{text}")')
    return value
