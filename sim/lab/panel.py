"""The panel itself: controls on top, the morning and its numbers below, and how to go on from there."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from sim import words
from sim.architectures import design_names, load_design
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment.altering import changed
from sim.experiment.compare import Comparison, compare
from sim.experiment.effort import Effort
from sim.experiment.workers import processors
from sim.lab import recipe, shown
from sim.lab.apart import Apart, Died
from sim.lab.controls import Control, controls, offered, said, stands
from sim.ledger.laws import BrokenLaw

SETTLE_S = 0.2  # a slider that is being drawn along is left alone
MORNINGS = (1, 2, 3, 5, 10, 20, 50)
WIDE = widgets.Layout(width="100%")


@dataclass(frozen=True)
class Wish:
    """What is to be simulated, and the command that would."""

    scenario: Scenario
    design: Design
    effort: Effort
    command: str


class Panel:
    """Shown by Jupyter. `scenario`, `design` and `comparison` are those of the numbers shown, None before the first."""

    def __init__(self, scenario: Scenario | Path | str, design: Design | Path | str, *, mornings: int, seed: int) -> None:
        self._seed = Effort(mornings, seed).seed
        self._world = load_scenario(scenario)
        self._called = _called(scenario, load_scenario)
        first = load_design(design)
        self._given = {_called(design, load_design): first}
        self._base = first
        self.scenario: Scenario | None = None
        self.design: Design | None = None
        self.comparison: Comparison | None = None
        self._running: Future[None] | None = None
        self._quiet = False
        self._build(mornings)
        self._ask()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.widget._repr_mimebundle_(**kwargs)

    def stop(self) -> None:
        """Give up what is being simulated."""
        if self._running is not None:
            self._running.cancel()

    # What is turned: in the thread of whoever turns it.

    def _build(self, mornings: int) -> None:
        names = list(dict.fromkeys([*self._given, *design_names()]))
        self._designs = _labelled(widgets.Dropdown, "design", names, next(iter(self._given)))
        amounts = sorted({*MORNINGS, mornings})
        self._mornings = _labelled(widgets.SelectionSlider, "mornings", [(f"{n}", n) for n in amounts], mornings)
        self._controls = {control: self._control(control) for control in controls(self._world)}
        self._notes = {control: widgets.HTML(layout=widgets.Layout(margin="-6px 0 0 138px")) for control in self._controls}
        self._reset = widgets.Button(
            description="as it was", tooltip="every value as the scenario and the design have it",
            layout=widgets.Layout(margin="4px 0 0 138px"),
        )  # fmt: skip
        self._status, self._bar = (
            widgets.HTML(),
            widgets.IntProgress(max=1, layout=widgets.Layout(width="130px", height="12px")),
        )
        self._error = widgets.HTML(layout=WIDE)
        self._image = widgets.Image(format="png", layout=widgets.Layout(width="100%", max_width="700px"))
        self._table = widgets.HTML(layout=widgets.Layout(flex="1 1 460px", min_width="460px"))
        self._recipe = widgets.HTML()
        self._offer()
        self._designs.observe(self._take_design, names="value")
        self._mornings.observe(self._ask, names="value")
        self._reset.on_click(self._take_back)
        for slider in self._controls.values():
            slider.observe(self._ask, names="value")
        self.widget = self._laid_out()

    def _control(self, control: Control) -> Any:
        kind = widgets.Dropdown if control.is_choice else widgets.SelectionSlider
        return _labelled(kind, control.label, ["–"], "–")

    def _laid_out(self) -> Any:
        rows = {control: widgets.VBox([slider, self._notes[control]]) for control, slider in self._controls.items()}
        of_world = [row for control, row in rows.items() if not control.of_design]
        of_design = [row for control, row in rows.items() if control.of_design]
        column = widgets.Layout(flex="1 1 400px", min_width="380px", max_width="560px", padding="0 16px 0 0")
        below = widgets.Layout(margin="4px 0 0 138px", align_items="center")
        progress = widgets.HBox([self._bar, self._status], layout=below)
        columns = [
            widgets.VBox([self._designs, *of_design], layout=column),
            widgets.VBox([*of_world, self._mornings, self._reset, progress], layout=column),
        ]
        side_by_side = widgets.Layout(flex_flow="row wrap", align_items="flex-start", width="100%")
        picture = widgets.Box([self._image], layout=widgets.Layout(flex="3 1 440px", max_width="700px", padding="0 20px 0 0"))
        on = widgets.Accordion([self._recipe], titles=("Go on from here: the command and the files",), selected_index=None)
        return widgets.VBox(
            [
                widgets.Box(columns, layout=side_by_side),
                self._error,
                widgets.Box([picture, self._table], layout=side_by_side),
                on,
            ]
        )

    def _take_design(self, change: Any) -> None:
        """What was turned away from the old design's value stays so; the rest is as the new design has it."""
        before, name = self._base, change["new"]
        self._base = self._given[name] if name in self._given else load_design(name)
        kept = {
            control: slider.value
            for control, slider in self._controls.items()
            if control.of_design and slider.value != stands(before, control)
        }
        self._offer(kept)
        self._ask()

    def _take_back(self, _: Any = None) -> None:
        self._offer({control: value for control in self._controls if (value := stands(self._model(control), control))})
        self._ask()

    def _offer(self, kept: dict[Control, str] | None = None) -> None:
        """What each control can be set to, and what it is set to; those that don't apply are disabled, with the reason."""
        self._quiet = True
        for control, slider in self._controls.items():
            model = self._model(control)
            values, now = offered(model, control), stands(model, control)
            wanted = slider.value if not control.of_design and slider.value in values else now
            if kept is not None:
                wanted = kept[control] if kept.get(control) in values else wanted
            slider.options = [(said(control, value), value) for value in values] or ["–"]
            slider.value = wanted or "–"
            slider.disabled = not values
            slider.layout.opacity = "1" if values else "0.5"
            name = escape(self._base.name if control.of_design else self._world.name)
            self._notes[control].value = (
                "" if values else f'<div style="opacity: 0.75; line-height: 1.3">{name} {control.absent}</div>'
            )
        self._quiet = False

    def _model(self, control: Control) -> Scenario | Design:
        return self._base if control.of_design else self._world

    def _changes(self, *, of_design: bool) -> dict[str, str]:
        """Values that are not as the scenario and the design have them."""
        return {
            control.key: slider.value
            for control, slider in self._controls.items()
            if control.of_design == of_design and not slider.disabled and slider.value != stands(self._model(control), control)
        }

    def _ask(self, _: Any = None) -> None:
        """Simulate what is set now, and drop what was being simulated."""
        if self._quiet:
            return
        self.stop()
        ours, theirs = self._changes(of_design=True), self._changes(of_design=False)
        mornings, name = self._mornings.value, self._designs.value
        command = recipe.command(self._called, name, {**theirs, **ours}, mornings=mornings, seed=self._seed)
        try:
            world, [design] = changed(self._world, [self._base], recipe.values({**theirs, **ours}))
        except ConfigError as error:
            self._running = asyncio.run_coroutine_threadsafe(self._refuse(str(error)), _loop())
            return
        self._recipe.value = _recipe(command, design, self._base, self._called, recipe.scenario_yaml(world, theirs), ours)
        self._running = asyncio.run_coroutine_threadsafe(
            self._simulate(Wish(world, design, Effort(mornings, self._seed, jobs=processors()), command)), _loop()
        )
        self._running.add_done_callback(partial(_tell_of_bugs, self._error, command))

    # What is simulated: in a thread of the panels.

    async def _simulate(self, wish: Wish) -> None:
        mornings = wish.effort.mornings
        self._tell("simulating …", 0, mornings)
        self._error.value = ""
        await asyncio.sleep(SETTLE_S)
        begin = time.perf_counter()
        try:
            with Apart() as engine:
                comparison = await asyncio.to_thread(self._compared, wish, engine)
                self._tell("drawing …", mornings, mornings)
                image = await asyncio.wrap_future(engine.submit(shown.picture, comparison))
        except ConfigError as error:
            await self._refuse(str(error))
        except Died as died:
            self._tell("stopped", 0, mornings)
            self._error.value = _complaint(_ended(died.code), f"The same on a command line: {wish.command}")
        except BrokenLaw as law:
            self._tell("stopped", 0, mornings)
            self._error.value = _complaint(
                f"the books of a simulated morning do not add up ({law})",
                f"This is a bug of the simulator; please report it with this command: {wish.command}",
            )
        else:
            self._image.value = image
            self._table.value = shown.table(comparison, self.comparison)
            self.scenario, self.design, self.comparison = wish.scenario, wish.design, comparison
            self._tell(f"{words.mornings(mornings)} in {time.perf_counter() - begin:.1f} s", mornings, mornings)

    async def _refuse(self, why: str) -> None:
        self._tell("not simulated", 0, 1)
        self._error.value = _complaint(why, "What is shown is of what was set before.")

    def _compared(self, wish: Wish, engine: Apart) -> Comparison:
        """The same comparison as on a command line, in processes that end with the engine."""

        def tell(done: int, of: int) -> None:
            if not engine.ended:  # else the numbers of what is set now are on their way
                self._tell(f"simulating: {done} of {words.mornings(of)}", done, of)

        return compare(wish.scenario, [wish.design], replace(wish.effort, engine=engine), progress=tell)

    def _tell(self, text: str, done: int, of: int) -> None:
        self._bar.max, self._bar.value = of, done
        self._status.value = f"&nbsp;{escape(text)}"


def _called(given: Scenario | Design | Path | str, load: Callable[[str], object]) -> str:
    """What a command calls it. What was made in Python, or changed there, is a file that is still to be written."""
    if isinstance(given, (Path, str)):
        return str(given)
    try:
        known = load(given.name) == given
    except ConfigError:
        known = False
    return given.name if known else f"{given.name}.yaml"


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Of the panels' own thread: a kernel that is busy with a cell doesn't hold them up, nor they it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="sim.explore", daemon=True).start()
    return loop


def _labelled(kind: Any, label: str, options: Any, value: Any) -> Any:
    return kind(description=label, options=options, value=value, style={"description_width": "130px"}, layout=WIDE)


def _complaint(text: str, then: str) -> str:
    lines = "<br>".join(escape(line) for line in text.splitlines())
    return f'<div style="color: #B3261E; padding: 4px 0"><b>{lines}</b><br>{escape(then)}</div>'


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        return "the process that simulated was killed, probably out of memory"
    return f"the process that simulated ended with exit code {code}, which is a bug of the simulator"


def _recipe(command: str, design: Design, base: Design, scenario: str, faults: str, ours: dict[str, str]) -> str:
    name = f"{base.name}-explored" if ours else base.name
    parts = [("On a command line", command), (f"The design as a file ({name}.yaml)", recipe.design_yaml(design, name=name))]
    if faults:
        parts.append((f"In a copy of the scenario (coffee new mine.yaml --from {scenario})", faults))
    return "".join(
        f'<p style="margin: 6px 0 2px"><b>{escape(title)}</b></p>'
        f'<pre style="white-space: pre-wrap; line-height: 1.35; margin: 0">{escape(text)}</pre>'
        for title, text in parts
    )


def _tell_of_bugs(error: Any, command: str, run: Future[None]) -> None:
    """An exception in the panel's thread would not be seen by anybody."""
    try:
        bug = run.exception()
    except CancelledError:
        return
    if bug is not None:
        traceback.print_exception(bug, file=sys.stderr)
        error.value = _complaint(f"{type(bug).__name__}: {bug}", f"This is a bug; please report it, with the command {command}")
