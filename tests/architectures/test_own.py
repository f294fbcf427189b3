"""Architectures of one's own, in Python files: loaded, told apart, taken to other processes, and what is wrong in one said."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import sim
from sim.architectures import architecture_of, load_design, parse_design, source_of, start_of
from sim.config.errors import ConfigError
from sim.config.library import digest, load_scenario
from sim.config.loader import Document
from sim.config.template import design_template
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.store import as_yaml

HEAD = "from sim.architectures.naive import Naive\nfrom sim.config.design import Design, Payment\n"
MINE = f'''{HEAD}
class Patient(Payment):
    calm: int = 1

class Mine(Naive):
    """Naive, with patience."""
    payment: Patient = Patient()
    defaults = {{"payment": {{"timeout": "9s"}}}}
'''


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder is the current one."""
    monkeypatch.chdir(tmp_path)


def write(text: str, file: str = "my.py") -> str:
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_text(text, encoding="utf-8")
    return file


def test_a_file_in_place_of_a_design() -> None:
    """A class is a design with its own knobs and source; it is called as it was named, or as it says itself."""
    mine = load_design(write(MINE))
    assert (mine.name, mine.summary) == ("my", "Naive, with patience.")
    assert load_design("my.py:Mine").name == "Mine"
    assert (mine.payment.timeout, architecture_of(mine)) == (9.0, "my.py:Mine")
    assert source_of(mine) == MINE[MINE.index("class Mine") :]
    assert load_design(write(f'{HEAD}class A(Naive):\n    name: str = "own"\n', "a.py")).name == "own"


def test_a_design_file_starts_from_one() -> None:
    """`architecture:` is looked for beside the design file; what other commands write leads there again."""
    write(MINE, "stories/my.py")
    Path("stories/mine.yaml").write_text("architecture: my.py:Mine\npayment: {calm: 2}\n", encoding="utf-8")
    mine = load_design("stories/mine.yaml")
    assert mine.model_dump()["payment"] == {"timeout": 9.0, "in_transaction": False, "sdk": None, "calm": 2}
    assert (mine.name, start_of(mine, Path())) == ("mine", ("architecture", "stories/my.py:Mine"))
    Path("copy.yaml").write_text(design_template(mine, name="mine", start=start_of(mine, Path())), encoding="utf-8")
    assert load_design("copy.yaml").model_copy(update={"summary": ""}) == mine
    assert Document(as_yaml(mine), "kept.yaml").data["architecture"] == "my.py:Mine"


def test_the_digest_knows_the_text() -> None:
    """Another text is another design; the same text in another file is the same, and a built-in's digest is its own."""
    one = digest(load_design(write(MINE)))
    assert digest(load_design(write(MINE, "other/my.py"))) == one
    assert digest(load_design(write(MINE + "# changed\n"))) != one
    assert digest(load_design("naive")) == digest(parse_design("{from: naive}").model_copy(update=dict(NAIVE)))


NAIVE = {"name": "naive", "summary": "Charge in the request, save the result, tell the others. A timeout is told as a failure."}


def test_it_travels_to_other_processes() -> None:
    """A process that has neither the file nor the class is given both; its knobs too."""
    mine = load_design(write(MINE))
    Path("my.py").unlink()
    Path("mine.pickle").write_bytes(pickle.dumps(mine))
    told = "import pickle; d = pickle.load(open('mine.pickle', 'rb')); print(d.payment, d.origin.file, d.summary)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "timeout=9.0 in_transaction=False sdk=None calm=1 my.py Naive, with patience.\n"


def test_the_same_numbers_in_this_process_and_in_two() -> None:
    """Wherever it runs, and whether it is a copy: naive as a file of one's own gives naive's numbers."""
    design = load_design(write(f"{HEAD}class Copy(Naive):\n    pass\n"))
    one, two = (compare("w4", [design, "naive"], Effort(3, jobs=jobs)) for jobs in (1, 2))
    for comparison in (one, two):
        copied, naive = comparison.results["my"], comparison.results["naive"]
        assert str([one.metrics for one in copied.summaries]) == str([one.metrics for one in naive.summaries])
    assert str(one.metrics) == str(two.metrics)
    assert str(sim.run(load_scenario("w4"), "my.py").metrics) == str(sim.run("w4", "naive").metrics)


def test_what_a_file_prints_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Stdout is for results."""
    load_design(write(MINE + "print('hello')\n"))
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("base", "defaults"),
    [
        ("naive", {"recovery": {"reconcile_every": "none"}}),
        ("outbox", {"payment": {"breaker": "none", "retry": {"fixed": {"attempts": "none"}}}, "loyalty": {"inbox": "none"}}),
        ("outbox", {"app": {"key": "purchase", "retry": {"full_jitter": None}, "retry_budget": None}, "broker": None}),
    ],
)
def test_defaults_mean_what_they_mean_in_a_file(base: str, defaults: dict[str, Any]) -> None:
    """At every level: the word none, a section without anything in it, a choice by its name alone."""
    kind = {"naive": "Naive", "outbox": "Outbox"}[base]
    head = f"from sim.architectures.{base} import {kind}\nclass Mine({kind}):\n"
    text = f"{head}    defaults = {{**{kind}.defaults, **{defaults}}}\n"
    mine, filed = load_design(write(text)), parse_design(yaml.safe_dump({"from": base, **defaults}))
    assert {section: getattr(mine, section) for section in defaults} == {key: getattr(filed, key) for key in defaults}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "my.py: no architecture, which is a class like `class MyCheckout(Design)`; a file to start from: "
         "coffee new my_checkout.py --from naive"),
        ("class A:\n    def handle(self, shop, request):\n        yield\n",
         "my.py:1: A is no Design, so it has no knobs; write `class A(Design)`, and above it "
         "`from sim.config.design import Design`"),
        (HEAD + "class A(Naive): pass\nclass B(Naive): pass\n", "my.py: 2 architectures; say which, like my.py:B (A, B)"),
        (HEAD + "class A(Design): pass\n", "my.py:3: A has no `handle(self, shop, request)`, the story of a request"),
        (HEAD + "class A(Naive)\n    pass\n", "my.py:3:15: expected ':'"),
        (HEAD + "import nothing_like_that\n", "my.py:3: No module named 'nothing_like_that'"),
        ("import other\n", "my.py:1: No module named 'other'; an architecture is one file: put into it what it needs"),
        (HEAD + "1 / 0\n", "my.py:3: ZeroDivisionError: division by zero"),
        (HEAD + "raise SystemExit\n", "my.py:3: SystemExit"),
        (HEAD + "class A(Naive):\n    payment: Payment = Payment(timeout='long')\n",
         "my.py:4: Payment: timeout: expected a duration"),
        (HEAD + "class A(Naive):\n    payment: Payment = {'timeot': '2s'}\n",
         'my.py:4: payment.timeot: unknown key; did you mean "timeout"?'),
        (HEAD + "class A(Naive):\n    defaults = {'app': {'key': 'purchse'}}\n",
         "my.py:4: app.key: expected one of none, request, submission, page, purchase"),
        (HEAD + "class A(Naive):\n    defaults = {'checkout': {'workers': True}}\n",
         "my.py:4: checkout.workers: expected a whole number (got true)"),
        (HEAD + "class A(Naive):\n    payment = Payment()\n", "my.py:3: "),
        (HEAD + "class A(Naive):\n    def __init__(self):\n        super().__init__()\n",
         "my.py:3: TypeError: A.__init__() got an unexpected keyword argument 'name'"),
        (HEAD + "class A(Naive):\n    def __init__(self, **knobs):\n        raise ValueError('no')\n", "my.py:3: no"),
        (HEAD + "class A(Naive):\n    def model_post_init(self, _):\n        1 / 0\n", "my.py:5: ZeroDivisionError: division"),
        (HEAD + "from abc import abstractmethod\nclass A(Naive):\n    @abstractmethod\n    def more(self): pass\n",
         "my.py:4: TypeError: Can't instantiate abstract class A with"),
        (HEAD + "class A(Naive):\n    app: int = 3\n", "my.py:4: app: expected App, or a class that starts from it"),
        (HEAD + "class A(Naive):\n    def set_up(self, shop):\n        yield shop.sleep(1)\n",
         "my.py:4: set_up: a `yield` in it, but it takes no time; a story is begun by `shop.background(…)`"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file(text: str, message: str) -> None:
    """The file, the line, and how to mend it."""
    write(HEAD, "other.py")
    with pytest.raises(ConfigError) as caught:
        load_design(write(text))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine.py", 'mine.py: no such file; did you mean "my.py"?'),
        ("my.py:Mien", 'my.py: no class "Mien"; did you mean "Mine"?'),
        ("my.py:Patient", "my.py:4: Patient is no Design, so it has no knobs; write `class Patient(Design)`"),
        ("own.yaml", "own.yaml:1:1: architecture: none.py: no such file"),
        ("from.yaml", "from.yaml:1:1: from: unknown design 'my.py'; write architecture: my.py"),
        ("both.yaml", "both.yaml:1:1: from and architecture: a design starts from one; leave one of them out"),
        ("text.yaml", "text.yaml:1:1: architecture: expected a Python file and a class, like my_checkout.py:MyCheckout"),
        ("knob.yaml", 'knob.yaml:2:11: payment.calmer: unknown key; did you mean "calm"?'),
    ],
)
def test_what_is_not_there(name: str, message: str) -> None:
    """A wrong name of a file, a class or a knob: what was meant, perhaps."""
    write(MINE)
    write("architecture: none.py:Mine\n", "own.yaml")
    write("from: my.py\n", "from.yaml")
    write("from: naive\narchitecture: my.py\n", "both.yaml")
    write("architecture: naive\n", "text.yaml")
    write("architecture: my.py:Mine\npayment: {calmer: 3}\n", "knob.yaml")
    with pytest.raises(ConfigError) as caught:
        load_design(name)
    assert str(caught.value).startswith(message)
