"""What the panel shows of a comparison with one design: the morning as a picture, and a small table beside what was before."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import escape
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg

from sim import words
from sim.experiment.compare import Comparison, Objective, Result
from sim.experiment.estimates import judgement
from sim.report import tables
from sim.report.charts import morning
from sim.style import applied
from sim.vocabulary import METRICS, shown_in

STYLE = """<style>
.coffee-explore table {border-collapse: collapse; font-variant-numeric: tabular-nums; line-height: 1.35; width: 100%}
.coffee-explore td, .coffee-explore th {padding: 3px 10px 3px 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--jp-border-color2, #ddd)}
.coffee-explore th {font-weight: 600}
.coffee-explore td {white-space: nowrap} .coffee-explore p {line-height: 1.4; margin: 8px 0}
.coffee-explore .quiet {color: var(--jp-ui-font-color2, #666); font-size: 90%}
.coffee-explore .violated {color: #B3261E} .coffee-explore .met {color: #1B7F4B}
</style>"""


def picture(comparison: Comparison) -> bytes:
    """The morning over time as a PNG, the same bytes for the same numbers."""
    named = replace(comparison, scenario=comparison.scenario.model_copy(update={"summary": ""}))  # there is no room for it
    drawn = morning.draw(named)[0, 0].get_figure()
    file = io.BytesIO()
    with applied():
        canvas: Any = FigureCanvasAgg(drawn)
        canvas.print_png(file, metadata={"Software": None})
    return file.getvalue()


def table(now: Comparison, before: Comparison | None) -> str:
    """Headline metrics as HTML: the objectives' if there are any, with the value of the run before beside the new one."""
    result, earlier = _only(now), _only(before) if before is not None else None
    judged = {objective.metric: objective for objective in result.objectives}
    head = "<th></th><th>now</th>" + ("<th>before</th><th></th>" if earlier else "")
    rows = [_row(metric, result, judged.get(metric), earlier) for metric in judged or shown_in("panel")]
    return f'{STYLE}<div class="coffee-explore"><table><tr>{head}</tr>{"".join(rows)}</table>{_note(now, before)}</div>'


def _row(metric: str, result: Result, objective: Objective | None, earlier: Result | None) -> str:
    value = _value(result, metric)
    limit = ""
    if objective is not None:
        limit = f'<br><span class="quiet">{words.limit(metric, objective.limit)}</span>'
        value = f'<span class="{objective.status}" title="{objective.status}">{tables.SYMBOLS[objective.status]}</span> {value}'
    cells = [f'<span title="{escape(METRICS[metric].summary)}">{metric}</span>{limit}', value]
    if earlier is not None:
        same_mornings = [summary.seed for summary in result.summaries] == [summary.seed for summary in earlier.summaries]
        told = judgement(metric, result.difference(metric, earlier)) if same_mornings else ""
        cells += [_value(earlier, metric), f'<span class="quiet">{told}</span>']
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _value(result: Result, metric: str) -> str:
    """The number, and its interval in smaller print below."""
    said = words.estimate(result.metrics[metric], METRICS[metric].unit)
    number, gap, rest = re.sub(r" (?=[\[(]|in )", "\n", said, count=1).partition("\n")
    return escape(number) + (f'<br><span class="quiet">{escape(rest)}</span>' if gap else "")


def _note(now: Comparison, before: Comparison | None) -> str:
    n = now.mornings
    said = f"{words.mornings(n)}, seeds {now.seed} to {now.seed + n - 1}: means with 95 % intervals" if n > 1 else (
        f"1 morning, seed {now.seed}: no intervals")  # fmt: skip
    if n < 10:
        said += ", wide with so few; raise the mornings to be surer"
    if before is not None:
        said += ". Better or worse is judged morning by morning on the same customers." if before.mornings == n else (
            f". Before: {words.mornings(before.mornings)}.")  # fmt: skip
    return f'<p class="quiet">{said.rstrip(".")}.</p>'


def _only(comparison: Comparison) -> Result:
    [result] = comparison.results.values()
    return result
