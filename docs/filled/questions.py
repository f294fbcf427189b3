"""Questions that people who build checkouts ask in public, each with a short answer, one command, and what it prints.

The commands run when `python -m docs.filled` writes the page, so that an answer can't say what the simulation doesn't.
"""

from __future__ import annotations

import os
import shlex
from typing import NamedTuple

from typer.testing import CliRunner

from sim.cli.app import app

from .markdown import block

WIDTH = 110


class Question(NamedTuple):
    """What is asked, the answer, and the command that shows it, without `coffee`."""

    asked: str
    answer: str
    command: str


QUESTIONS = (
    Question(
        "The same key comes with another amount. What now?",
        "Refuse it (422), and show the order that there is. Whoever replays the stored answer has charged for a basket "
        "that the customer no longer sees. A key stands for one intent: compare a fingerprint of the request with the "
        "stored one.",
        "windows idempotent no-fingerprint --window w15",
    ),
    Question(
        "A duplicate comes while the first request is at work: 409, or wait?",
        "Both charge once, and waiting answers sooner. With 409 the app has to know what that means: wait and look, not "
        "*failed*. Waiting is easier for the app and holds a worker and a connection for each duplicate, when the "
        "provider is slow and there are most of them.",
        "sweep reload-and-pay-again idempotent --vary claim.in_flight=conflict,wait -n 4",
    ),
    Question(
        "Is it enough to select, and then insert?",
        "No. Two requests in the same moment both find nothing. Milliseconds make the race rare and not safe; a state "
        "that is looked up before the payment and written after it makes it as wide as the payment. Only a unique "
        "constraint closes it.",
        "windows idempotent check-then-insert check-then-mark --window w14 --window w24",
    ),
    Question(
        "Should a key keep an error, or be freed?",
        "Free it for errors that are known to have charged nothing. A stored error is replayed for as long as the key "
        "lives, and the customer can't pay. And after an unknown end never take a new key without asking first.",
        "windows idempotent same-key-for-ever cached-declines --window w6",
    ),
    Question(
        "Who makes the key, and when?",
        "The app, once for the cart, before the first tap, and it keeps the key over a reload. A key for each tap "
        "protects from the app's own retries alone; a key that the server makes for each request protects from nothing.",
        "windows key-per-submission idempotent --window w1 --window w2 --window w3",
    ),
    Question(
        "Timed out, but perhaps charged: what do I tell the customer?",
        "That you have their order and are looking after the payment (202), never *failed*. Who is told that it failed "
        "pays again. Then ask the provider, or call again with the same key.",
        "windows naive idempotent inquiry --window w5",
    ),
    Question(
        "Double click, refresh: isn't that solved by a disabled button?",
        "The button stops the second tap of a nervous finger, in that page. It knows nothing of a reload, of the app's "
        "own retry, or of a proxy. One key for the purchase closes all of them.",
        "windows naive key-per-submission idempotent proxy-repeats --window w1 --window w3 --window w17",
    ),
    Question(
        "The relay dies after publishing and before it marks the row. What happens?",
        "The row is published again: at least once is what an outbox promises. Whoever marks first and publishes "
        "afterwards loses the event instead.",
        "windows outbox mark-before-publish --window w8",
    ),
    Question(
        "With an outbox, do I still need an idempotent consumer?",
        "Yes. The outbox makes sure that the event comes, not that it comes once. Without an inbox the second delivery "
        "awards the points again.",
        "windows outbox no-inbox short-inbox --window w8",
    ),
    Question(
        "Do the ids of outbox rows come in order?",
        "They are drawn in order and commit in any order. A relay that remembers the highest id it has seen never reads a "
        "lower one that commits later. Look for what is not marked.",
        "check outbox-id-gap outbox-id-gap/as-reported -n 4",
    ),
    Question(
        "Webhooks come twice and out of order. What must I do?",
        "Let them move an order forward only, and publish only what has changed. Who believes each one awards points "
        "twice, and turns a paid order into a failed one when old news comes late.",
        "windows trusted-webhooks checked-webhooks --window w9 --window w10",
    ),
    Question(
        "My agent retried the payment tool. Who has to know?",
        "The tool. An agent plans again when its deadline is over, and a key that it makes for each call names the call, "
        "not the purchase. Derive the key from what is bought, or have the tool look for the order before it pays.",
        "windows naive agent-keys idempotent --window w33",
    ),
)


def questions() -> str:
    """All of them, numbered."""
    return "\n\n".join(_told(number, question) for number, question in enumerate(QUESTIONS, 1))


def _told(number: int, question: Question) -> str:
    command = f"{question.command} --no-report" if question.command.startswith(("windows", "sweep")) else question.command
    return "\n\n".join(
        (f"## {number}. {question.asked}", question.answer, block(f"coffee {command}", "sh"), block(_printed(command)))
    )


def _printed(command: str) -> str:
    done = CliRunner().invoke(app, shlex.split(command), env={**os.environ, "COLUMNS": str(WIDTH), "NO_COLOR": "1"})
    if done.exit_code not in (0, 1, 3):  # judged, or not
        raise ValueError(f"coffee {command}: exit {done.exit_code}: {done.output}")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
