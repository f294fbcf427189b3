"""Every mistake in a file is told with file, line, column, key, what was expected and what was given: all at once, in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.architectures import design_names, load_design, load_designs, parse_design
from sim.config.errors import ConfigError
from sim.config.library import load_scenario, names, parse_scenario
from sim.config.presets import PRESETS

DURATION = 'expected a duration like "250ms", "30s", "2min", "3h"'
RATE = 'expected a rate like "5/s", "12/min", "400/h"'
PROBABILITY = 'expected a probability in percent like "4%" or "0.2%"'
BARE = "a bare number: add the unit"
TOP = (
    "name, summary, story, reported, clock, renewals, traffic, customers, network, provider, accounts, faults, mishaps, "
    "objectives, prices, currencies"
)
COMMON = (
    "from, architecture, name, summary, app, proxy, checkout, database, payment, broker, read_model, loyalty, recovery, "
    "taking, renewal_job"
)

SCENARIOS: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["x.yaml:1:1: the file is empty; expected keys and values, like `name: my-morning`"]),
    "comments": ("# nothing\n", ["x.yaml:1:1: the file is empty; expected keys and values, like `name: my-morning`"]),
    "list": ("- a\n- b\n", ["x.yaml:1:1: expected keys and values, like `name: my-morning`"]),
    "text": ("hello\n", ["x.yaml:1:1: expected keys and values, like `name: my-morning`"]),
    "tab": ("name: x\n\tclock:\n", ["x.yaml:2:1: not valid YAML: a tab; indent with spaces"]),
    "colon": (
        "name: x: y\n",
        ["x.yaml:1:8: not valid YAML: a colon where none can be; check the indentation, or put the text in quotes"],
    ),
    "open bracket": (
        "name: x\nclock: {start: 1\n",
        ["x.yaml:3:1: not valid YAML: a { that is not closed, or a comma that is missing"],
    ),
    "open quote": ("name: 'x\n", ["x.yaml:2:1: not valid YAML: a quote that is not closed"]),
    "two documents": (
        "name: x\n---\nname: y\n",
        ["x.yaml:2:1: not valid YAML: a second document after ---; give it a file of its own"],
    ),
    "alias of nothing": ("name: *a\n", ["x.yaml:1:7: not valid YAML: an alias (*) of an anchor (&) that is nowhere"]),
    "control character": ("name: \x07\n", ["x.yaml:1:7: not valid YAML: a character that can't be printed"]),
    "duplicates": (
        "name: x\nclock: {start: '06:00', start: '07:00'}\nname: y\n",
        [
            "x.yaml:2:25: clock.start: given twice (first on line 2); keep one",
            "x.yaml:3:1: name: given twice (first on line 1); keep one",
        ],
    ),
    "key is a list": ("name: x\n? [a]\n: b\n", ["x.yaml:2:3: a key must be a word"]),
    "tags": (
        "name: !!python/object/apply:os.system [ls]\nsummary: !mine x\n",
        [
            "x.yaml:1:7: name: tags like !!python/object/apply:os.system have no meaning here",
            "x.yaml:2:10: summary: tags like !mine have no meaning here",
        ],
    ),
    "endless": ("name: x\nstory: &a [*a]\n", ["x.yaml:2:8: story[0]: contains itself"]),
    "deep": (f"name: {'[' * 60}{']' * 60}\n", ["x.yaml:1:47: nested too deeply (at most 40 levels)"]),
    "very deep": (f"name: x\n{'a: {' * 2000}\n", ["x.yaml: nested too deeply (at most 40 levels)"]),
    "digits": (f"name: {'9' * 5000}\n", ["x.yaml:1:7: name: a number of 5000 characters; that can't be meant"]),
    "no name": ("summary: x\n", ["x.yaml:1:1: name: required, but missing"]),
    "name is nothing": ("name:\n", ["x.yaml:1:1: name: expected text (got nothing)"]),
    "name is empty": ("name: ''\n", ["x.yaml:1:1: name: must not be empty"]),
    "name is a number": ("name: 2024\n", ["x.yaml:1:1: name: expected text; put it in quotes (got 2024)"]),
    "a design": ("from: outbox\nname: x\n", ["x.yaml:1:1: this is a design (it starts `from` one); expected a scenario"]),
}

IN_A_SCENARIO: dict[str, tuple[str, list[str]]] = {
    "unknown key": ("sumary: x", ['x.yaml:2:1: sumary: unknown key; did you mean "summary"?']),
    "unknown key, far from any": ("zebra: x", [f"x.yaml:2:1: zebra: unknown key; known: {TOP}"]),
    "keys of designs": (
        "checkout: {workers: 3}\nclaim: {}",
        [
            "x.yaml:2:1: checkout: unknown key here (designs have it)",
            "x.yaml:3:1: claim: unknown key here (designs have it)",
        ],
    ),
    "unknown key, nested": (
        "customers:\n  polling: {evry: 3s}",
        ['x.yaml:3:13: customers.polling.evry: unknown key; did you mean "every"?'],
    ),
    "unknown key, known elsewhere": (
        "double_tap: {p: 1%}",
        ["x.yaml:2:1: double_tap: unknown key here; did you mean customers.double_tap?"],
    ),
    "unknown key in a fault": (
        "faults:\n  - {outage: provider, at: '07:00', fro: 1min}",
        ["x.yaml:3:5: faults[0].for: required, but missing", 'x.yaml:3:37: faults[0].fro: unknown key; did you mean "for"?'],
    ),
    "filled in by the loader": (
        "provider: {latency: {constant: 1s, samples: [1]}}\ntraffic: {rate: 1/s, knots: [1]}",
        [
            "x.yaml:2:36: provider.latency.samples: unknown key; "
            "known: constant, exponential, lognormal, percentiles, uniform, empirical",
            "x.yaml:3:22: traffic.knots: unknown key; known: shape, steps, profile, rate, arrivals, times, price",
        ],
    ),
    "a bare number": ("clock: {duration: 30}", [f"x.yaml:2:9: clock.duration: {BARE}; {DURATION} (got 30)"]),
    "a wrong unit": (
        "clock: {duration: 2 hours}",
        [f'x.yaml:2:9: clock.duration: unknown unit "hours"; {DURATION} (got "2 hours")'],
    ),
    "too long": ("clock: {duration: 8d}", ["x.yaml:2:9: clock.duration: must be at most 7d (got 8d)"]),
    "too short": ("clock: {duration: 0}", ["x.yaml:2:9: clock.duration: must be above 0s (got 0s)"]),
    "a clock as YAML 1.1 reads it": (
        "clock: {start: 750}",
        ['x.yaml:2:9: clock.start: expected a clock time like "07:30" (got 750)'],
    ),
    "a negative rate": ("traffic: {rate: -5/s}", [f'x.yaml:2:11: traffic.rate: must not be negative; {RATE} (got "-5/s")']),
    "no traffic": (
        "traffic: {rate: 0}",
        ["x.yaml:2:1: traffic: zero traffic: nobody would ever buy coffee; give a rate above 0"],
    ),
    "infinite traffic": ("traffic: {rate: 1e999/s}", [f'x.yaml:2:11: traffic.rate: too large; {RATE} (got "1e999/s")']),
    ".inf": ("traffic: {rate: .inf}", [f'x.yaml:2:11: traffic.rate: {RATE} (got ".inf")']),
    "too many": (
        f"traffic: {{profile: {{purchases: 1{'0' * 30}}}}}",
        [f"x.yaml:2:21: traffic.profile.purchases: must be at most 5,000,000 (got {10**30:,})"],
    ),
    "not whole": (
        "traffic: {profile: {purchases: 1e3}}",
        ['x.yaml:2:21: traffic.profile.purchases: expected a whole number (got "1e3")'],
    ),
    "a truth for a number": (
        "customers: {max_submissions: true}",
        ["x.yaml:2:13: customers.max_submissions: expected a whole number (got true)"],
    ),
    "a profile by name": (
        "traffic: {profile: coffee-shop}",
        ['x.yaml:2:11: traffic.profile: expected keys and values, like {name: coffee-shop} (got "coffee-shop")'],
    ),
    "two kinds of traffic": (
        "traffic: {rate: 1/s, profile: {}}",
        ["x.yaml:2:1: traffic: give exactly one of: shape, steps, profile, rate, arrivals, times"],
    ),
    "no times": (
        "traffic: {times: []}",
        ['x.yaml:2:11: traffic.times: expected 1 or more values, like ["07:30"] (got 0)'],
    ),
    "times that are none": (
        'traffic: {times: ["999:00", 7]}',
        [
            'x.yaml:2:19: traffic.times[0]: later than "360:00", where the longest clock ends; '
            'expected a clock time like "07:30" (got "999:00")',
            'x.yaml:2:29: traffic.times[1]: expected a clock time like "07:30" (got 7)',
        ],
    ),
    "too many times": (
        f"traffic: {{times: [{', '.join(['07:00'] * 10_001)}]}}",
        ["x.yaml:2:11: traffic.times: expected at most 10,000 values (got 10,001)"],
    ),
    "traffic without a value": ("traffic: {rate: }", ["x.yaml:2:11: traffic.rate: expected a value"]),
    "a shape": (
        "traffic: {shape: {half past six: 3/min, 07:00: 4}}",
        [
            f"x.yaml:2:41: traffic.shape.07:00: {BARE}; {RATE} (got 4)",
        ],
    ),
    "a shape's clock": (
        "traffic: {shape: {half past six: 3/min, 07:00: 4/min}}",
        ['x.yaml:2:19: traffic.shape.half past six: expected a clock time like "07:30" (got "half past six")'],
    ),
    "a shape backwards": (
        "traffic: {shape: {08:00: 3/min, 07:00: 4/min}}",
        ["x.yaml:2:11: traffic.shape: a shape needs at least two clock times, in ascending order"],
    ),
    "a shape that goes back after midnight": (
        'clock: {start: "22:00", duration: 4h}\ntraffic: {shape: {"22:00": 3/min, "01:00": 4/min, "00:30": 4/min}}',
        ["x.yaml:3:11: traffic.shape: a shape needs at least two clock times, in ascending order"],
    ),
    "a start on the next day": ('clock: {start: "24:10"}', ["x.yaml:2:9: clock.start: must be at most 24:00 (got 24:10)"]),
    "times outside of the clock": (
        'clock: {start: "23:30", duration: 1h}\ntraffic: {times: ["23:40", "00:30", "00:29:59", "22:00"]}',
        [
            "x.yaml:3:28: traffic.times[1]: 2 of the 4 times are outside of the clock (23:30 to 00:30 (next day)); "
            "give it another start or a longer duration",
        ],
    ),
    "a fault after the night": (
        'clock: {start: "23:30", duration: 1h}\nfaults: [{outage: provider, at: "01:00:01", for: 5min}]',
        [
            "x.yaml:3:29: faults[0].at: outside of the simulated morning (23:30 to 01:00 (next day), drain included) "
            '(got "01:00:01")',
        ],
    ),
    "fates of a call": (
        "provider: {failed: 60%, ambiguous: 60%, errored: 60%}",
        [
            "x.yaml:2:1: provider: a call has one fate, but failed 60% + ambiguous 60% + errored 60% = 180%; "
            "together they can be at most 100%",
        ],
    ),
    "fates of a call in a brownout": (
        "provider: {errored: 20%}\nfaults: [{brownout: provider, at: '07:00', for: 1min, failed: 60%, ambiguous: 40%}]",
        [
            "x.yaml:3:10: faults[0]: a call has one fate, but faults[0].failed 60% + faults[0].ambiguous 40% + "
            "provider.errored 20% = 120%; together they can be at most 100%; give the brownout its own errored",
        ],
    ),
    "fates of a call in two brownouts": (
        "faults:\n  - {brownout: provider, at: '07:00', for: 10min, failed: 60%}\n"
        "  - {brownout: provider, at: '07:05', for: 10min, ambiguous: 60%}",
        [
            "x.yaml:4:5: faults[1]: a call has one fate, but faults[0].failed 60% + faults[1].ambiguous 60% = 120%; "
            "together they can be at most 100%; give the brownout its own failed",
        ],
    ),
    "a price beyond the ledger": (
        "traffic: {rate: 1/s, price: 1e12 USD}\ncustomers: {changes_basket: {adds: 10000000.01 USD}}",
        [
            "x.yaml:2:22: traffic.price: must be at most 10000000.00 USD (got 1000000000000.00 USD)",
            "x.yaml:3:30: customers.changes_basket.adds: must be at most 10000000.00 USD (got 10000000.01 USD)",
        ],
    ),
    "probabilities": (
        "network: {request_lost: 150%, answer_lost: 0.5}",
        [
            'x.yaml:2:11: network.request_lost: a probability cannot exceed 100% (got "150%")',
            f"x.yaml:2:31: network.answer_lost: {BARE}; {PROBABILITY} (got 0.5)",
        ],
    ),
    "a sum": (
        "customers: {after_patience: {leave: 50%}}",
        ["x.yaml:2:13: customers.after_patience: must add up to 100%, and are 125%: tap_again 35%, refresh 40%, leave 50%"],
    ),
    "a plain time for a distribution": (
        "customers: {patience: 10s}",
        ['x.yaml:2:13: customers.patience: expected keys and values, like {constant: 10s} (got "10s")'],
    ),
    "an unknown distribution": (
        "customers: {patience: {normal: {}}}",
        ['x.yaml:2:24: customers.patience.normal: unknown key; did you mean "lognormal"?'],
    ),
    "half a distribution": (
        "customers: {patience: {lognormal: {median: 1s}}}",
        ["x.yaml:2:24: customers.patience.lognormal.sigma: required, but missing"],
    ),
    "not a number": (
        "customers: {patience: {lognormal: {median: 1s, sigma: .nan}}}",
        ['x.yaml:2:48: customers.patience.lognormal.sigma: expected a number (got ".nan")'],
    ),
    "a range": (
        "customers: {patience: {uniform: [1s, 2s, 3s]}}",
        ["x.yaml:2:24: customers.patience.uniform: expected 2 values, like [250ms, 250ms] (got 3)"],
    ),
    "a range backwards": (
        "customers: {patience: {uniform: [3s, 2s]}}",
        ["x.yaml:2:24: customers.patience.uniform: expected [from, to] with from at most to"],
    ),
    "a range of one": (
        "customers: {patience: {uniform: 3s}}",
        ['x.yaml:2:24: customers.patience.uniform: expected a list (got "3s")'],
    ),
    "no keys": (
        "provider: {keys: no}",
        ['x.yaml:2:12: provider.keys: expected none, or keys and values, like {ttl: 24h} (got "no")'],
    ),
    "one error in a union": (
        "provider: {keys: {ttl: 30, in_flight: refuse}}",
        [
            f"x.yaml:2:19: provider.keys.ttl: {BARE}; {DURATION} (got 30)",
            'x.yaml:2:28: provider.keys.in_flight: expected one of conflict, wait (got "refuse")',
        ],
    ),
    "faults": (
        """faults:
  - {brownot: provider, at: "07:15", for: 3min}
  - {outage: provider, at: "05:00", for: 3}
  - {outage: providr, every: 3h, for: 1s}
  - {brownout: provider, crash: checkout}
  - 3
  - {at: "07:00"}
  - {crash: checkout, after: comit, p: 3}
  - {crash: checkout}
  - {spike: traffic, at: "07:00", for: 3min, times: 3}""",
        [
            'x.yaml:3:5: faults[0]: no kind of fault; did you mean "brownout"?',
            'x.yaml:4:24: faults[1].at: outside of the simulated morning (06:30 to 09:00, drain included) (got "05:00")',
            f"x.yaml:4:37: faults[1].for: {BARE}; {DURATION} (got 3)",
            'x.yaml:5:6: faults[2].outage: expected one of provider, database, read_model, loyalty, checkout (got "providr"); '
            'did you mean "provider"?',
            'x.yaml:5:23: faults[2].every: expected keys and values, like {constant: 3h} (got "3h")',
            "x.yaml:6:5: faults[3]: two kinds of fault in one (brownout and crash); give each its own line",
            'x.yaml:7:5: faults[4]: expected keys and values, like {outage: provider, at: "07:15", for: 1min} (got 3)',
            "x.yaml:8:5: faults[5]: no kind of fault; give one of: brownout, outage, slow, spike, duplicates, rebalance, "
            "crash, pause, errors, rerun",
            "x.yaml:9:23: faults[6].after: expected one of insert, claim, accept, charge, begin, authorise, "
            "capture, void, inquire, renew, commit, cancel, "
            'publish, mark, refund, award, apply, take, give_back, release (got "comit"); did you mean "commit"?',
            f"x.yaml:9:37: faults[6].p: {BARE}; {PROBABILITY} (got 3)",
            "x.yaml:10:5: faults[7]: give exactly one of at:, every:, after:",
            "x.yaml:11:46: faults[8].times: a bare number: write an x before it; "
            'expected a factor like "x10" or "x2.5" (got 3)',
        ],
    ),
    "faults without dashes": (
        "faults: {outage: provider}",
        ["x.yaml:2:1: faults: expected a list; begin each item with a dash"],
    ),
    "objectives": (
        "objectives: {ack_latncy_p95: 1s, ack_latency_p95: 1, double_charge_rate: 0.1, unconverged_orders: x, zebra: 1, "
        "confirmation_lag_p99: }",
        [
            'x.yaml:2:14: objectives.ack_latncy_p95: unknown metric; did you mean "ack_latency_p95"?',
            f"x.yaml:2:34: objectives.ack_latency_p95: {BARE}; {DURATION} (got 1)",
            f"x.yaml:2:54: objectives.double_charge_rate: {BARE}; {PROBABILITY} (got 0.1)",
            'x.yaml:2:79: objectives.unconverged_orders: expected a number of at least 0 (got "x")',
            "x.yaml:2:102: objectives.zebra: unknown metric; `coffee list` shows them all",
            f"x.yaml:2:112: objectives.confirmation_lag_p99: {DURATION} (got nothing)",
        ],
    ),
    "objectives as a list": (
        "objectives: [ack_latency_p95]",
        ["x.yaml:2:1: objectives: expected keys and values, like {purchases: 1}"],
    ),
    "prices": (
        "prices: aws-us-east-2",
        ['x.yaml:2:1: prices: unknown price table "aws-us-east-2"; did you mean "aws-us-east-1"?'],
    ),
    "prices of one's own": ("prices: mine.yaml", ["x.yaml:2:1: prices: mine.yaml: no such file"]),
    "all kinds of errors at once": (
        """clock: {start: "08:00"}
faults: [{crash: checkout, at: "07:00"}]
provider: {latency: {empirical: none.csv}, declined: 4}
objectives: {p: 1s}
zebra: 1""",
        [
            'x.yaml:3:28: faults[0].at: outside of the simulated morning (08:00 to 10:30, drain included) (got "07:00")',
            "x.yaml:4:22: provider.latency.empirical: none.csv: no such file",
            f"x.yaml:4:44: provider.declined: {BARE}; {PROBABILITY} (got 4)",
            "x.yaml:5:14: objectives.p: unknown metric; `coffee list` shows them all",
            f"x.yaml:6:1: zebra: unknown key; known: {TOP}",
        ],
    ),
}

DESIGNS: dict[str, tuple[str, list[str]]] = {
    "a number for the key beside it": (
        "from: outbox\ncheckout: {queue: 200}\n",
        ["x.yaml:2:12: checkout.queue: expected one of shared, per_instance (got 200); did you mean checkout.queue_limit?"],
    ),
    "a number for no other key": (
        "from: outbox\npayment: {news: 3}\n",
        ["x.yaml:2:11: payment.news: expected one of outbox, direct (got 3)"],
    ),
    "no from": (
        "name: x\n",
        ["x.yaml:1:1: from: required, but missing; one of naive, idempotent, outbox, inquiry, webhooks-first"],
    ),
    "a scenario": (
        "name: x\nclock: {start: '07:00'}\n",
        ["x.yaml:2:1: this is a scenario (it has `clock`); expected a design"],
    ),
    "unknown from": ("name: x\nfrom: outbx\n", ["x.yaml:2:1: from: unknown design 'outbx'; did you mean \"outbox\"?"]),
    "from a list": ("from: [naive]\n", ["x.yaml:1:1: from: expected the name of a design to start from"]),
    "from nothing": ("from:\n", ["x.yaml:1:1: from: expected the name of a design to start from"]),
    "knobs of others": (
        "from: naive\nrelay: {poll_every: 1s}\npayment: {workers: 3, key: order, timout: 3s}\nclaim: {}\n",
        [
            "x.yaml:2:1: relay: unknown key for naive (outbox has it)",
            "x.yaml:3:11: payment.workers: unknown key for naive (outbox has it)",
            "x.yaml:3:23: payment.key: unknown key for naive (idempotent, outbox, webhooks-first have it)",
            'x.yaml:3:35: payment.timout: unknown key; did you mean "timeout"?',
            "x.yaml:4:1: claim: unknown key for naive (idempotent, inquiry, outbox, webhooks-first have it)",
        ],
    ),
    "keys of scenarios": (
        "from: outbox\nprovider: {errors: 1%}\n",
        ["x.yaml:2:1: provider: unknown key here (scenarios have it)"],
    ),
    "a knob without its section": (
        "from: outbox\nqueue_limit: 3\ntimeout: 3s\nzebra: 1\n",
        [
            "x.yaml:2:1: queue_limit: unknown key here; did you mean checkout.queue_limit?",
            "x.yaml:3:1: timeout: unknown key here; did you mean app.timeout or proxy.timeout or database.timeout or "
            "payment.timeout?",
            f"x.yaml:4:1: zebra: unknown key; known: {COMMON}, claim, relay",
        ],
    ),
    "values": (
        "from: outbox\nrelay: {poll_every: 0s, batch: 0}\ncheckout: {workers: 1}\n"
        "app: {key: purchases, retry: {never: false}}\n",
        [
            "x.yaml:2:9: relay.poll_every: must be at least 1ms (got 0s)",
            "x.yaml:2:25: relay.batch: must be at least 1 (got 0)",
            "x.yaml:3:1: checkout: 2 instances need at least as many workers",
            'x.yaml:4:7: app.key: expected one of none, request, submission, page, purchase (got "purchases"); '
            'did you mean "purchase"?',
            "x.yaml:4:23: app.retry: never: true, or one of fixed, exponential, full_jitter, equal_jitter",
        ],
    ),
    "a merged key is found where it stands": (
        "from: outbox\nrelay: &r {poll_every: 0s}\nbroker: {<<: *r}\n",
        [
            "x.yaml:2:12: broker.poll_every: unknown key here; did you mean relay.poll_every?",
            "x.yaml:2:12: relay.poll_every: must be at least 1ms (got 0s)",
        ],
    ),
}


def messages_of(parse: Callable[..., Any], text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, filename="x.yaml")
    return list(caught.value.messages)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of a missing file must not depend on what lies about where the tests are started."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", SCENARIOS)
def test_mistakes_in_a_file(case: str) -> None:
    """What is wrong with a whole file is told in plain words, with its place."""
    text, expected = SCENARIOS[case]
    assert messages_of(parse_scenario, text) == expected


@pytest.mark.parametrize("case", IN_A_SCENARIO)
def test_mistakes_in_a_scenario(case: str) -> None:
    """Every mistake in a scenario is told with its place, its key, what was expected, and what was given."""
    text, expected = IN_A_SCENARIO[case]
    assert messages_of(parse_scenario, f"name: x\n{text}\n") == expected


@pytest.mark.parametrize("case", DESIGNS)
def test_mistakes_in_a_design(case: str) -> None:
    """A knob that an architecture doesn't have is refused with the architectures that have it, or the nearest name."""
    text, expected = DESIGNS[case]
    assert messages_of(parse_design, text) == expected


def test_a_bomb_of_aliases_is_refused() -> None:
    """A small file that means millions of values is an error, and quickly."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))]
    assert messages_of(parse_scenario, "\n".join(lines)) == ["x.yaml: more than 20,000 values once aliases are followed"]


def test_a_huge_file_is_refused() -> None:
    """A file of more than a million characters is not even parsed."""
    assert messages_of(parse_scenario, "#" * 1_000_001) == [
        "x.yaml: 1,000,001 characters; that can't be meant (at most 1,000,000)"
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "a folder, not a file"),
        (lambda path: path.write_bytes(b"name: caf\xe9\n"), "not a text file in UTF-8 (byte 10); save it as UTF-8"),
        (lambda path: path.write_bytes("name: x\n".encode("utf-16")), "not a text file in UTF-8 (byte 1); save it as UTF-8"),
    ],
)
@pytest.mark.parametrize("load", [load_scenario, load_design])
def test_files_that_cannot_be_read(
    load: Callable[[str], Any], make: Callable[[Path], Any], message: str, tmp_path: Path
) -> None:
    """A file that is missing, a folder, or not UTF-8 is told as such."""
    path = tmp_path / "x.yaml"
    make(path)
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    assert str(caught.value) == f"{path}: {message}"


def test_a_misspelt_file_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who misspells a file's name, or leaves its ending out, is told the name."""
    monkeypatch.chdir(tmp_path)
    Path("rush-hour.yaml").write_text("name: x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r'^rush-huor\.yaml: no such file; did you mean "rush-hour\.yaml"\?$'):
        load_scenario("rush-huor.yaml")
    with pytest.raises(ConfigError, match=r'^unknown scenario "rush-hour"; did you mean the file "rush-hour\.yaml"\?$'):
        load_scenario("rush-hour")
    with pytest.raises(ConfigError, match=r'^unknown scenario "mornin-rush"; did you mean "morning-rush"\?$'):
        load_scenario("mornin-rush")
    with pytest.raises(ConfigError, match=r'^unknown scenario "stripe-2019-07-11"; did you mean "stripe-2019-07-10"\?$'):
        load_scenario("stripe-2019-07-11")
    with pytest.raises(ConfigError, match=r'^unknown scenario "tea"; coffee list shows all names'):
        load_scenario("tea")


@pytest.mark.parametrize("name", ["w4", "W04", "w04-crash-before-commit", "windows/w04-crash-before-commit"])
def test_the_short_name_of_a_scenario(name: str) -> None:
    """A scenario in a folder may be called without it, and a window by its number."""
    assert load_scenario(name).name == "w04-crash-before-commit"


def test_short_names_mean_one_thing() -> None:
    """No two scenarios have the same short name, and no design or preset has one that a scenario has."""
    short = [name.rpartition("/")[2] for name in names()]
    assert len({*short, *design_names(), *PRESETS}) == len(short) + len(design_names()) + len(PRESETS)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ('{outage: provider, from: "07:10", for: 1min}', "unknown key; beside outage there may be "),
        ('{outage: provider, fro: 1min, at: "07:10"}', 'unknown key; did you mean "for"?'),
        ("{rerun: renewals, after: 10min}", "unknown key; beside rerun there may be at"),
    ],
)
def test_a_fault_says_which_keys_it_has(fault: str, says: str) -> None:
    """And not where else in a scenario there is one of that name."""
    with pytest.raises(ConfigError) as error:
        parse_scenario(f"name: x\nfaults:\n  - {fault}\n")
    assert any(says in message for message in error.value.messages), error.value.messages


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "must be at least 1 (got 0)"),
        ("1.5", "expected a whole number (got 1.5)"),
        ("true", "expected a whole number (got true)"),
        ("1_0", 'expected a whole number (got "1_0")'),
        ("foo", 'expected everyone, or a whole number (got "foo")'),
        (".nan", 'expected everyone, or a whole number (got ".nan")'),
        ("null", "expected everyone, or a whole number (got nothing)"),
        ("[1]", "expected everyone, or a whole number"),
        ("{a: 1}", "expected everyone, or a whole number"),
    ],
)
def test_a_word_or_a_number(value: str, says: str) -> None:
    """One message, that of the option which was meant."""
    with pytest.raises(ConfigError) as error:
        parse_scenario(f"name: x\naccounts: {{table: {{balance: 1, shared_by: {value}}}}}\n")
    [message] = error.value.messages
    assert f"accounts.table.shared_by: {says}" in message


def test_several_files_are_told_at_once(tmp_path: Path) -> None:
    """What is wrong in each of the designs, in their order; and a name that nothing has."""
    (tmp_path / "one.yaml").write_text("from: outbox\ncheckout: {workres: 3}\n")
    (tmp_path / "two.yaml").write_text("from: idempotent\nclaim: {lok: 3s}\n")
    with pytest.raises(ConfigError) as error:
        load_designs([tmp_path / "one.yaml", "naive", tmp_path / "two.yaml", "outbx"])
    one, two, three = error.value.messages
    assert one.endswith('one.yaml:2:12: checkout.workres: unknown key; did you mean "workers"?')
    assert two.endswith('two.yaml:2:9: claim.lok: unknown key; did you mean "lock"?')
    assert three == 'unknown design "outbx"; did you mean "outbox"?'
