"""The panel without a browser: what is turned is simulated, shown beside what was before, and handed on."""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.architectures import design_names, load_design, parse_design
from sim.config.errors import ConfigError
from sim.config.library import digest, load_scenario, parse_scenario
from sim.experiment import mornings
from sim.experiment.altering import altered, changed, split, value_of
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.lab import recipe, shown
from sim.lab.controls import Control, controls, offered, said, stands
from sim.lab.panel import Panel

PATIENCE_S = 120
SCENARIO = """name: tiny
summary: ten minutes with a brownout
clock: {start: "07:00", duration: 10min, drain: 5min}
traffic: {rate: 20/min}
customers: {double_tap: {p: 20%}}
provider: {latency: {exponential: 1s}, ambiguous: 10%}
faults:
  - {outage: provider, at: "07:01", for: 10s}
  - {brownout: provider, at: "07:02", for: 5min, latency: x5, ambiguous: 12%}
objectives: {double_charge_rate: 0, ack_latency_p95: 1s}
"""
SLIP = """from sim.architectures.naive import Naive


class Mine(Naive):
    \"\"\"Divides.\"\"\"

    def handle(self, shop, request):
        yield shop.compute(request)
        1 / 0
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SCENARIO, encoding="utf-8")
    return "tiny.yaml"


@pytest.fixture
def panel(tiny: str) -> Iterator[Panel]:
    made = sim.explore(tiny, "naive")
    yield made
    made.stop()


def wait(panel: Panel) -> Panel:
    assert panel._running is not None
    panel._running.result(PATIENCE_S)
    return panel


def turned(panel: Panel, key: str) -> Any:
    """The widget that a key is turned with."""
    return next(widget for control, widget in panel._controls.items() if control.key == key)


def test_the_numbers_are_those_of_compare(panel: Panel) -> None:
    """What the panel shows is what `compare` finds of the scenario and the design with these values."""
    wait(panel)
    turned(panel, "app.timeout").value = "3s"
    turned(panel, "faults[1].for").value = "7min"
    wait(panel)
    world, designs = changed(load_scenario("tiny.yaml"), [load_design("naive")], {"app.timeout": "3s", "faults[1].for": "7min"})
    expected = compare(world, designs, Effort(2, jobs=1))
    assert panel.comparison is not None
    assert panel.comparison.digest == expected.digest
    assert panel.comparison.results["naive"].metrics == expected.results["naive"].metrics
    assert (panel.scenario, panel.design) == (world, designs[0])


@pytest.mark.slow
def test_the_figure_and_the_table_follow(panel: Panel) -> None:
    """A turned slider changes the figure, and the value of before stands beside the new one."""
    wait(panel)
    first, before = panel._image.value, panel.comparison
    assert bytes(first).startswith(b"\x89PNG")
    assert ">before<" not in panel._table.value
    turned(panel, "app.timeout").value = "1s"
    wait(panel)
    assert panel._image.value != first
    assert panel.comparison is not None
    assert panel._table.value == shown.table(panel.comparison, before)
    assert panel._bar.value == panel._bar.max == 2
    turned(panel, "app.timeout").value = "8s"
    wait(panel)
    assert panel._image.value == first


@pytest.mark.slow
def test_only_what_was_set_last_is_simulated(panel: Panel) -> None:
    """A slider drawn along its scale leaves one run, and what was under way is given up at once."""
    wait(panel)
    seen = []
    panel._image.observe(lambda change: seen.append(change["new"]), names="value")
    given_up = []
    for value in ("1s", "2s", "3s", "4s"):
        turned(panel, "app.timeout").value = value
        given_up.append(panel._running)
    wait(panel)
    assert len(seen) == 1
    assert [run.cancelled() for run in given_up if run is not None] == [True, True, True, False]
    assert panel.design is not None
    assert panel.design.app.timeout == 4


@pytest.mark.slow
def test_a_stale_run_is_killed(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A morning that would take for ever is no longer under way once something else is asked for."""
    wait(panel)
    real = mornings.summarise
    monkeypatch.setattr(mornings, "summarise", forever)
    turned(panel, "app.timeout").value = "3s"
    deadline = time.monotonic() + PATIENCE_S
    while not (alive := [child for child in multiprocessing_children() if child.is_alive()]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    monkeypatch.setattr(mornings, "summarise", real)
    turned(panel, "app.timeout").value = "4s"
    wait(panel)
    assert panel.design is not None
    assert panel.design.app.timeout == 4
    assert not [child for child in alive if child in multiprocessing_children()]


@pytest.mark.slow
def test_what_does_not_apply_is_disabled_and_says_why(panel: Panel) -> None:
    """Naive has no relay to turn; outbox has, and what was turned in one design stays so in the next."""
    wait(panel)
    relay = next(control for control in panel._controls if control.key == "relay.poll_every")
    assert panel._controls[relay].disabled
    assert "naive has no relay" in panel._notes[relay].value
    turned(panel, "app.timeout").value = "3s"
    panel._designs.value = "outbox"
    assert not panel._controls[relay].disabled
    assert panel._notes[relay].value == ""
    assert panel._controls[relay].value == "500ms"
    assert turned(panel, "app.timeout").value == "3s"
    wait(panel)
    assert panel.design == altered(load_design("outbox"), ("app", "timeout"), "3s")
    panel._reset.click()
    wait(panel)
    assert panel.design == load_design("outbox")


def test_a_scenario_without_a_brownout_says_so() -> None:
    """There is nothing to turn then, and the rest works."""
    panel = sim.explore("calm-tuesday", "naive", mornings=1)
    try:
        assert "calm-tuesday has no brownout" in " ".join(note.value for note in panel._notes.values())
        assert all(panel._controls[control].disabled for control in panel._controls if not control.of_design)
        wait(panel)
        assert "no intervals" in panel._table.value
    finally:
        panel.stop()


@pytest.mark.slow
def test_an_error_is_shown_and_what_is_shown_stays(panel: Panel) -> None:
    """A value that can't be is said in the words of the files; the next one that can be takes the message away."""
    wait(panel)
    panel._designs.value = "autoscaled"
    wait(panel)
    figure = panel._image.value
    turned(panel, "checkout.workers").value = "128"
    wait(panel)
    assert "checkout.workers: expected 4 to 64 workers, as autoscale says; got 128" in panel._error.value
    assert panel._image.value == figure
    turned(panel, "checkout.workers").value = "32"
    wait(panel)
    assert panel._error.value == ""
    assert panel.design is not None
    assert panel.design.checkout.workers == 32


@pytest.mark.slow
def test_a_process_that_dies_is_told(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process is no silence: the panel says so, with the command that does the same."""
    wait(panel)
    monkeypatch.setattr(mornings, "summarise", killed)
    turned(panel, "app.timeout").value = "3s"
    wait(panel)
    assert "killed" in panel._error.value
    assert "coffee run tiny.yaml naive --set app.timeout=3s" in panel._error.value


@pytest.mark.slow
def test_what_an_own_architecture_does_wrong_is_told(tiny: str) -> None:
    """A slip in a story of one's own is told with its file and line, as on the command line; the panel goes on."""
    Path("mine.py").write_text(SLIP, encoding="utf-8")
    panel = wait(sim.explore(tiny, "mine.py", mornings=1))
    assert re.search(r"mine\.py:9: .*division by zero", panel._error.value)
    assert panel.comparison is None
    panel._designs.value = "naive"
    wait(panel)
    assert panel._error.value == ""
    assert panel.comparison is not None


@pytest.mark.slow
def test_more_mornings(panel: Panel) -> None:
    """More mornings are simulated when asked for, and said."""
    wait(panel)
    panel._mornings.value = 3
    wait(panel)
    assert panel.comparison is not None
    assert panel.comparison.mornings == 3
    assert "3 mornings, seeds 0 to 2" in panel._table.value
    assert "Before: 2 mornings" in panel._table.value


@pytest.mark.slow
def test_the_command_gives_the_same(panel: Panel) -> None:
    """The command that is shown sets what was turned, in quotes where a shell needs them."""
    wait(panel)
    turned(panel, "faults[1].latency").value = "x10"
    turned(panel, "app.retry").value = "{never: true}"
    wait(panel)
    command = re.search(r"coffee run [^<]*", panel._recipe.value)
    assert command is not None
    words = shlex.split(command[0].replace("&#x27;", "'"))
    assert words[2:6] == ["tiny.yaml", "naive", "--set", "faults[1].latency=x10"]
    assert words[6:8] == ["--set", "app.retry={never: true}"]
    assert words[8:] == ["--mornings", "2", "--seed", "0"]


@pytest.mark.parametrize("name", design_names())
def test_the_design_as_a_file_is_the_design(name: str) -> None:
    """Whatever is turned, in whichever design: the YAML that is shown is read back as the same design."""
    design = load_design(name)
    for control in controls(load_scenario("morning-rush")):
        if control.of_design and (offers := offered(design, control)):
            with suppress(ConfigError):  # so few workers for so many instances
                design = altered(design, split(control.key), value_of(offers[len(offers) // 2]))
    text = recipe.design_yaml(design, name="mine")
    same = {"name": "", "summary": ""}
    assert digest(parse_design(text).model_copy(update=same)) == digest(design.model_copy(update=same))


def test_the_scenario_as_a_file_is_the_scenario() -> None:
    """The faults that are shown are those of the changed scenario, and nothing is shown where nothing was changed."""
    base = load_scenario("morning-rush")
    changes = {"faults[0].for": "30min", "faults[0].ambiguous": "20%"}
    world, _ = changed(base, [], changes)
    text = recipe.scenario_yaml(world, changes)
    assert text.startswith(
        'faults:\n  - {brownout: provider, at: "07:15", for: 30min, latency: x10, failed: 5%, ambiguous: 20%}\n'
    )
    faults = [value_of(line.removeprefix("  - ")) for line in text.splitlines()[1:]]
    assert digest(altered(base, ("faults",), faults)) == digest(world)
    assert recipe.scenario_yaml(base, {}) == ""


def test_what_is_offered_is_in_order_and_holds_what_stands_there() -> None:
    """Every design's own value is on every scale, once, and all of them can be said."""
    world = load_scenario("morning-rush")
    for name in design_names():
        design = load_design(name)
        for control in controls(world):
            model = design if control.of_design else world
            offers = offered(model, control)
            assert (stands(model, control) in offers) == bool(offers)
            assert len(set(offers)) == len(offers)
            assert all(said(control, value) for value in offers)
    odd = altered(load_design("outbox"), ("relay", "poll_every"), "750ms")
    relay = next(control for control in controls(world) if control.key == "relay.poll_every")
    assert offered(odd, relay)[3:6] == ["500ms", "750ms", "1s"]
    silent, _ = changed(world, [], {"faults[0].ambiguous": None})
    lost = next(control for control in controls(world) if control.key == "faults[0].ambiguous")
    assert offered(silent, lost)[:2] == ["none", "0%"]
    vague, _ = changed(world, [], {"faults[0].for": {"exponential": "5min"}})
    lasts = Control("", "faults[0].for", ("1min",), "")
    assert offered(vague, lasts) == ["{exponential: 5min}"]
    frozen = parse_scenario("name: frozen\nfaults: [{pause: checkout, after: accept, for: 6s}]")
    assert offered(frozen, lasts) == ["6s", "1min"], "a pause lasts for a time, and never for a drawn one"


def test_without_ipywidgets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lacks ipywidgets is told what to install."""
    monkeypatch.delitem(sys.modules, "sim.lab.panel")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ConfigError, match=r"needs ipywidgets.*\[notebook\]"):
        sim.explore("morning-rush")


@pytest.mark.parametrize(
    ("arguments", "said_of_it"),
    [(("morning-rsh",), 'did you mean "morning-rush"'), (("morning-rush", "outbx"), 'did you mean "outbox"')],
)
def test_unknown_names(arguments: tuple[str, ...], said_of_it: str) -> None:
    """An unknown scenario or design is an error at once, as everywhere."""
    with pytest.raises(ConfigError, match=said_of_it):
        sim.explore(*arguments)


def test_numbers_that_cannot_be() -> None:
    """So is a number of mornings that can't be."""
    with pytest.raises(ConfigError, match="mornings"):
        sim.explore("morning-rush", mornings=0)


def forever(*_: Any) -> None:
    time.sleep(3600)


def killed(*_: Any) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def multiprocessing_children() -> list[Any]:
    import multiprocessing

    return multiprocessing.active_children()
