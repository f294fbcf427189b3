"""The rules of the second exercise, stage by stage."""

from __future__ import annotations

from sim.kata.look import NO_KNOB, Look
from sim.kata.saying import Advice, Rule, harm, leading
from sim.kata.second import STAGES

SHORT_S = 3_600.0  # an inbox that forgets sooner than this is suspected: a replay of dead letters may be that late

# Stage 1


def looks_and_takes(look: Look) -> Advice | None:
    if look.missed("oversold_rate") is None or look.knob("taking.guard") == "atomic":
        return None
    return Advice(
        "looks_and_takes", "taking.guard", harm(look, "oversold_rate"),
        (
            "Both tabs ask whether enough is left on the card. What may happen between the question and the taking?",
            "The balance is looked up in one transaction and lowered in another (`taking.guard`), so two orders can both find "
            "enough. Before the payment that gap is as long as two transactions, after it as long as a payment.",
            "In design.yaml, below taking: `guard: atomic`",
        ),
    )  # fmt: skip


def takes_after_the_answer(look: Look) -> Advice | None:
    if look.missed("retracted_rate") is None or look.knob("taking.when") != "at_settlement":
        return None
    return Advice(
        "takes_after_the_answer", "taking.when",
        f"{leading(look, 'retracted_rate')}: people who were told that the shop has their order, and have none in the end.",
        (
            "Whoever comes second finds nothing left on the card. When do they hear of it?",
            "`taking.when` is the moment of the taking. After the payment the customer has long been told that the order is "
            "there; then the order is given up, and the money given back. In the transaction of the request, the answer itself "
            "can say no.",
            "In design.yaml, below taking: `when: at_request`",
        ),
    )  # fmt: skip


def answers_after_the_payment(look: Look) -> Advice | None:
    if look.missed("ack_latency_p95") is None or not look.pays_in_request:
        return None
    return Advice(
        "answers_after_the_payment", "checkout",
        f"{leading(look, 'ack_latency_p95')}.",
        (
            "Which promise takes the payment, and which one only the order and the gift card?",
            f"{look.architecture} answers when the payment provider has. An order and what it takes from a gift card are "
            "written down in milliseconds: `coffee show outbox --story`.",
            "In design.yaml: `from: outbox`",
        ),
    )  # fmt: skip


# Stage 2


def a_key_for_each_run(look: Look) -> Advice | None:
    metric, key = look.missed(*STAGES[1].criteria), look.knob("renewal_job.key")
    if metric is None or key == "period" or not look.is_renewal(metric):
        return None
    sent = "no key" if key == "none" else "new keys whenever it begins"
    return Advice(
        "a_key_for_each_run", "renewal_job.key", harm(look, metric),
        (
            "Nobody taps here. Which two orders are one intent all the same, and what do both know?",
            f"The job that renews subscriptions sends {sent} (`renewal_job.key`), so the checkout takes its second beginning "
            "for other orders. `renewal_job.looks_first` and `renewal_job.lock` narrow that, each for some beginnings; a "
            "name that this month's renewal has in every beginning closes it.",
            "In design.yaml, below renewal_job: `key: period`",
        ),
    )  # fmt: skip


def a_key_for_each_call(look: Look) -> Advice | None:
    metric = look.missed(*STAGES[1].criteria)
    if metric is None or look.knob("app.agent_key") != "given":
        return None
    return Advice(
        "a_key_for_each_call", "app.agent_key", harm(look, metric),
        (
            "An agent has heard nothing for five seconds. What does it do, and what does the checkout see?",
            "An agent that plans again calls again, and makes up another key (`app.agent_key`). The cart is the same one. Who "
            "knows that, the agent or the app that it calls?",
            "In design.yaml, below app: `agent_key: derived`",
        ),
    )  # fmt: skip


# Stage 3


def numbers_and_not_orders(look: Look) -> Advice | None:
    new = look.knob("broker.dead_letters.ids") == "new"
    if look.missed("loyalty_over_award_rate") is None or not new or look.knob("loyalty.inbox.by") != "message":
        return None
    return Advice(
        "numbers_and_not_orders", "loyalty.inbox", harm(look, "loyalty_over_award_rate"),
        (
            "A message was handled, and comes again minutes later with another number. Who could still notice?",
            "What was delivered three times without an acknowledgement is laid aside and sent again under a new number "
            "(`broker.dead_letters.ids`), which an inbox of numbers has never seen (`loyalty.inbox.by`). With `broker.commits: "
            "after_batch` one death counts against all twenty, most of which were handled.",
            "In design.yaml, below loyalty: `inbox: {window: 7d, by: order}`",
        ),
    )  # fmt: skip


def forgets_too_soon(look: Look) -> Advice | None:
    inbox, window_s = look.knob("loyalty.inbox"), look.knob("loyalty.inbox.window")
    short = window_s is not NO_KNOB and window_s < SHORT_S
    if look.missed("loyalty_over_award_rate") is None or not (inbox is None or short):
        return None
    return Advice(
        "forgets_too_soon", "loyalty.inbox", harm(look, "loyalty_over_award_rate"),
        (
            "How late can a message come again?",
            "A message can be laid aside and sent again many minutes after it was handled; `loyalty.inbox.window` is how "
            "long loyalty remembers.",
            "In design.yaml, below loyalty: `inbox: {window: 7d, by: order}`",
        ),
    )  # fmt: skip


def laid_aside_for_ever(look: Look) -> Advice | None:
    metric = look.missed("unconverged_orders", "loyalty_under_award_rate")
    if metric is None or look.knob("broker.dead_letters.replay_every") is not None:
        return None
    return Advice(
        "laid_aside_for_ever", "broker.dead_letters",
        f"{leading(look, metric)}: orders that wait for a message which nobody delivers any more.",
        (
            "What was laid aside after three tries is no longer in anybody's way. Is it done?",
            "Nobody sends again what lies in the dead-letter queue (`broker.dead_letters.replay_every`), and most of it "
            "failed only because a neighbour in its batch did.",
            "In design.yaml, below broker: `dead_letters: {after: 3, replay_every: 5min, ids: same}`",
        ),
    )  # fmt: skip


RULES: dict[int, tuple[Rule, ...]] = {
    1: (looks_and_takes, takes_after_the_answer, answers_after_the_payment),
    2: (a_key_for_each_run, a_key_for_each_call),
    3: (numbers_and_not_orders, forgets_too_soon, laid_aside_for_ever),
}
