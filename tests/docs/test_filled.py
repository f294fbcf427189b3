"""What is read off the code is in the documentation: every command and option, every key, every metric, every window."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from typer.main import get_command

import sim
from docs import filled
from docs.filled.markdown import slug
from docs.filled.menu import menu
from sim.architectures import ARCHITECTURES
from sim.cli.app import COMMANDS, app
from sim.config.prices import Prices
from sim.config.schema import design_schema, scenario_schema
from sim.documents.schema import DOCUMENTS, ROWS, results_schema
from sim.failure_windows.matrix import bundled_windows
from sim.ledger.costs import BILL
from sim.vocabulary import METRICS
from tests.tiers import slow

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", slow(list(filled.PAGES), but=filled.PAGES.keys() - {"questions", "mishaps"}))
def test_the_committed_page_is_what_would_be_generated(name: str) -> None:
    """Each generated part stands in its page as it is generated now."""
    text = page(name)
    is_true = filled.filled(name, text) == text
    assert is_true, f"docs/{name}.md differs from what the code says now: run `make reference`, and commit what it writes"


def test_every_command_and_option_is_there() -> None:
    """The page of commands has a heading for each, and a row for each option that --help shows."""
    text = page("reference/cli")
    sections = dict(re.findall(r"^#{2,3} coffee ([a-z ]+)\n(.*?)(?=^#{2,3} |\Z)", text, flags=re.M | re.S))
    group = get_command(app)
    assert set(COMMANDS) <= set(sections)
    for name in COMMANDS:
        for parameter in group.commands[name].params if not hasattr(group.commands[name], "commands") else ():
            if parameter.param_type_name == "option" and not parameter.hidden:
                assert all(f"`{flag}" in sections[name] for flag in parameter.opts), (name, parameter.name)
                assert parameter.help.split()[0] in sections[name]


@pytest.mark.parametrize(
    ("name", "schema"), [("reference/scenario", scenario_schema()), ("reference/design", design_schema(ARCHITECTURES))]
)
def test_every_key_is_there(name: str, schema: dict) -> None:
    """Each mapping of the JSON Schema has a section whose rows are just its keys (objectives are metrics)."""
    text = page(name)
    keys = text.partition("<!-- filled: keys -->")[2].partition("<!-- /filled -->")[0]
    sections = [re.findall(r"^\| `([^`]+)` \|", part, flags=re.M) for part in re.split(r"^### ", keys, flags=re.M)[1:]]
    roots = {"Scenario", *(architecture.__name__ for architecture in ARCHITECTURES.values())}
    models = {title: model for title, model in schema["$defs"].items() if "properties" in model and title not in roots}
    assert sorted(sections) == sorted(list(model["properties"]) for model in models.values())
    for title in roots & set(schema["$defs"]):
        keys = set(schema["$defs"][title]["properties"]) - {"from"}
        assert all(f"| `{key}` |" in text for key in keys), title


def test_defaults_are_those_of_the_architecture() -> None:
    """Where architectures differ, the default of each is told; where they agree, it is told once."""
    text = page("reference/design")
    assert (
        "| naive: `none`; idempotent: `purchase`; outbox: `purchase`; inquiry: `purchase`; webhooks-first: `purchase` |" in text
    )
    assert "| `poll_every` | [duration](scenario.md#quantities), at least 1ms | `500ms` |" in text


def test_every_metric_is_there_with_its_formula() -> None:
    """Name and formula of each; three percentiles share a row."""
    text = page("reference/metrics")
    assert all(f"`{name}`" in text for name in METRICS)
    assert "`n[charged > 1] / purchases`" in text
    assert "`percentile(ack_lag[good_card & waits], P)`" in text


def test_every_name_of_the_formulas_is_explained() -> None:
    """No formula uses a name that the page does not define."""
    defined = page("reference/metrics").partition("## The names")[2]
    known = {"n", "max", "sum", "percentile", "never", "correct", "hours_per_month", "mornings_per_month"}
    names = {name for metric in METRICS.values() for name in re.findall(r"[a-z_]+", metric.formula)} - known
    assert {name for name in names if f"`{name}`" not in defined} == set()


def test_every_part_of_the_bill_and_every_price_is_there() -> None:
    """Each part with its formula; each price with its value, its meaning and its source."""
    text = page("cost")
    shown = text.replace(r"\|", "|")  # as a reader sees it
    assert all(f"| {name} | {part.group} | " in shown and f"`{part.formula}`" in shown for name, part in BILL.items())
    assert all(f"| `{name}` | " in text for name in Prices.model_fields if name != "name")
    assert "| `dispute` | 15 | USD that a dispute costs, beside the amount | Stripe, each dispute received" in text


def test_every_window_has_its_story() -> None:
    """A section each, with the mechanisms that close it."""
    text = page("failure-windows")
    assert [f"W{number}" for number in re.findall(r"^### W(\d+) ", text, flags=re.M)] == list(bundled_windows())
    assert "Closed by: key per cart, unique insert before the charge, provider key from the order." in text


def test_the_python_page_has_every_function_of_the_package() -> None:
    """Whatever `sim` offers is in the table and has a section with its parameters."""
    text = page("reference/api")
    wanted = {name for name in sim.__all__ if name != "__version__"}
    sections = dict(re.findall(r"^### sim\.(\w+)\n\n```python\n(.*?)^```$", text, flags=re.M | re.S))
    assert wanted == set(sections)
    for name in wanted:
        assert f"| [`sim.{name}`](#{slug(f'sim.{name}')}) |" in text
        assert all(f"{key}: " in sections[name] for key in inspect.signature(getattr(sim, name)).parameters)


def test_a_page_without_a_place_is_an_error() -> None:
    """A part that would silently get lost is told."""
    with pytest.raises(ValueError, match="expected <!-- filled: metrics --> and <!-- /filled --> once"):
        filled.filled("reference/metrics", "# Metrics")


def test_the_scenario_that_is_shown_can_be_read(tmp_path: Path) -> None:
    """The file in the page on scenarios of one's own, with the two measured files it speaks of."""
    from sim.config.library import load_scenario

    text = (DOCS / "own-scenario.md").read_text(encoding="utf-8")
    (scenario,) = re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.M | re.S)
    (arrivals,) = re.findall(r"^```text\n(.*?)^```$", text, flags=re.M | re.S)
    (tmp_path / "rush.yaml").write_text(scenario, encoding="utf-8")
    (tmp_path / "arrivals.csv").write_text(arrivals, encoding="utf-8")
    (tmp_path / "latencies.csv").write_text("seconds\n0.41\n0.52\n", encoding="utf-8")
    read = load_scenario(str(tmp_path / "rush.yaml"))
    assert read.name == "my-morning"
    assert read.traffic.arrivals is not None
    assert len(read.traffic.arrivals.times or ()) == 2


def test_no_page_is_left_out_of_the_menu() -> None:
    """Each page and each notebook is in the home page's table of contents once, placed by hand or after the others."""
    trees = re.findall(r"^```{toctree}\n(.*?)^```$", menu(), flags=re.M | re.S)
    entries = [re.sub(r".*<(.*)>", r"\1", line) for tree in trees for line in tree.splitlines() if line and line[0] != ":"]
    pages = [str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md") if path.stem != "index"]
    notebooks = [f"notebooks/{path.stem}" for path in (DOCS / "notebooks").glob("*.ipynb")]
    assert len(notebooks) == 6
    assert sorted(entries) == sorted([*pages, *notebooks])


def test_every_document_and_field_is_there() -> None:
    """Each kind of document and of row is in the table with its commands and files, and has a section with all its fields."""
    text, definitions = page("reference/results"), results_schema()["$defs"]
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", text, flags=re.M | re.S))
    assert set(sections) == set(definitions)
    for name, kind in (DOCUMENTS | ROWS).items():
        row = next(line for line in text.splitlines() if line.startswith(f"| [{name}]"))
        assert all(f"`coffee {command}`" in row for command in kind.commands)
        assert all(f"`{file}`" in row for file in kind.files)
        for key in definitions[name].get("properties", ()):
            assert f"| `{key}`" in sections[name], (name, key)
