"""All rules by name, with the failure windows that they warn of and the reason. docs/lint.md describes the rules in detail."""

from __future__ import annotations

from sim.architectures.lint import capacity, charging, keys, telling, using_up
from sim.architectures.lint.rule import Rule

RULES: dict[str, Rule] = {
    "no-key": Rule(
        keys.no_key, keys.WITHOUT_KEY,
        "A shop that can't tell a second tap, a retry or a refresh from a new customer charges the card again.",
    ),
    "key-per-tap": Rule(
        keys.key_per_tap, ("W1", "W3", "W14", "W15", "W24", "W25", "W33"),
        "A key per tap covers only the app's own retries. A key kept with the cart is still the same after a second tap and a "
        "refresh.",
    ),
    "key-per-page": Rule(
        keys.key_per_page, ("W3",),
        "Whoever reloads a slow page and pays again is a new customer to the shop. A key kept with the cart survives it.",
    ),
    "agents-make-keys": Rule(
        keys.agents_make_keys, ("W33",),
        "An agent that has heard nothing in time calls again, and to the shop that is another purchase. Let the tool derive "
        "the key from the cart.",
    ),
    "key-outlives-card": Rule(
        keys.key_outlives_card, ("W34",),
        "The key stands for what was answered: the other card gets the first one's decline. Another card is another intent.",
    ),
    "new-key-after-conflict": Rule(
        keys.new_key_after_conflict, ("W2",),
        "A 409 says that the first request is at work. The same with another key is another purchase.",
    ),
    "key-forgotten": Rule(
        keys.key_forgotten, ("W2", "W4", "W11", "W12", "W33"),
        "A retry that outlives its key is a new customer's first request. A key that is a column of the order never expires.",
    ),
    "check-then-insert": Rule(
        keys.check_then_insert, ("W1", "W3", "W4", "W12", "W14", "W15", "W24", "W33"),
        "Two requests at the same moment both find nothing, and both charge. Of two unique inserts one fails. What is marked "
        "when the payment is over leaves as much time as the payment takes.",
    ),
    "reads-behind": Rule(
        keys.reads_behind, ("W25", "W33"),
        "What a replica does not know yet is done again. Ask the primary, or let a unique constraint decide: it can't be "
        "behind.",
    ),
    "no-fingerprint": Rule(
        keys.no_fingerprint, ("W15",),
        "The app shows the bigger basket as paid. Store what was asked for beside the key, and compare it.",
    ),
    "failures-stored": Rule(
        keys.failures_stored, ("W6", "W16"),
        "Trying again gets the old failure and never an order. Store only what is safe to replay.",
    ),
    "app-gives-up-first": Rule(
        keys.app_gives_up_first, ("W2", "W5", "W13", "W16"),
        "The first charge is still under way, or done and unanswered, when the app has given up on it: the next request "
        "charges again, and those who leave were told that it failed.",
    ),
    "proxy-repeats": Rule(
        keys.proxy_repeats, ("W10", "W17", "W18"),
        "Nobody asked for these retries, and the first request is still at work. Let the proxy wait for longer than the shop "
        "takes, or send once; or look at the key, which is the same.",
    ),
    "lock-too-short": Rule(
        keys.lock_too_short, ("W12",),
        "A second worker takes the order over while the first call is under way, and charges as well. A provider key would "
        "have the second call refused, however short the lock.",
    ),
    "lock-too-long": Rule(
        keys.lock_too_long, ("W4",),
        "Every request of the customer is told that somebody is still at work (409), and nobody is. A claim need only outlast "
        "its holder.",
    ),
    "no-provider-key": Rule(
        charging.no_provider_key, ("W4", "W5", "W11", "W12", "W13", "W16", "W26", "W30"),
        "A crash, a lost answer or a second worker leads to one more call, and only the provider knows that it has charged.",
    ),
    "held-too-long": Rule(
        charging.held_too_long, ("W31",),
        "A message that a worker holds is delivered again when its visibility ends, and at its hour each copy is a charge. Let "
        "the broker hold it, or hide it for longer.",
    ),
    "library-takes-keys": Rule(
        charging.library_takes_keys, ("W5", "W13", "W16", "W17", "W18", "W24", "W26", "W33"),
        "The shop sends the order as the key, and the library replaces it when it repeats: only the provider knows that it has "
        "charged. Let it keep the key, or not repeat.",
    ),
    "asks-without-a-key": Rule(
        charging.asks_without_a_key, ("W12",),
        "Asking settles a call whose answer was lost. Only a key would stop a worker that goes on after another has taken its "
        "order over.",
    ),
    "asks-too-early": Rule(
        charging.asks_too_early, ("W13", "W16"),
        "The provider says that nothing was charged, the order is charged again, and then the first call lands.",
    ),
    "provider-forgets-first": Rule(
        charging.provider_forgets_first, ("W11",),
        "A key that the provider has forgotten is a new one, and the card is charged again. Ask before charging an old order.",
    ),
    "same-key-after-error": Rule(
        charging.same_key_after_error, ("W6", "W16"),
        "The same key gets the same error until it expires, and the customer gets no order. Ask, and take a new key if nothing "
        "was charged.",
    ),
    "new-key-too-soon": Rule(
        charging.new_key_too_soon, ("W16",),
        "Nothing so far is not never: the order is charged with the new key, and then the first call lands. Wait with the new "
        "key for longer than the slowest charge takes.",
    ),
    "timeout-told-as-failure": Rule(
        charging.timeout_told_as_failure, ("W5", "W11", "W26"),
        "No answer is no failure: a customer who is told so pays again for an order that may be paid. Unknown is a state of "
        "its own.",
    ),
    "timeout-too-short": Rule(
        charging.timeout_too_short, (),
        "An answer that comes after the timeout is an unknown outcome, which takes long to settle. Wait for all but the "
        "slowest.",
    ),
    "unknown-left-behind": Rule(
        charging.unknown_left_behind, ("W4", "W5", "W6", "W13", "W16"),
        "No recovery for unknown outcomes: people are charged for nothing, or wait for an order that nobody works on.",
    ),
    "cancels-without-asking": Rule(
        charging.cancels_without_asking, ("W26",),
        "News of a payment may come later than the timer, or never. Ask the provider, and cancel only what nobody has paid "
        "for.",
    ),
    "nobody-refunds": Rule(
        charging.nobody_refunds, ("W13", "W16"),
        "Double charges that can't be prevented must be found in the provider's ledger and refunded.",
    ),
    "webhooks-trusted": Rule(
        charging.webhooks_trusted, ("W9", "W10", "W26", "W34"),
        "Webhooks come twice and out of order: points are awarded again, and a paid order is marked as failed. Check the "
        "order's state.",
    ),
    "finishes-apart": Rule(
        charging.finishes_apart, ("W21", "W22"),
        "Two paths that finish an order and don't look at the same guard make two orders of one payment, and one of them is "
        "unpaid.",
    ),
    "relies-on-the-return": Rule(
        charging.relies_on_the_return, ("W22",),
        "Some customers close the page at the provider. They have paid, and no order comes of it.",
    ),
    "believes-the-return": Rule(
        charging.believes_the_return, (),
        "Coming back proves nothing: whose card was declined comes back, too. Ask the provider.",
    ),
    "holds-left-behind": Rule(
        charging.holds_left_behind, ("W23",),
        "Money that is authorised and neither captured nor released is blocked on the card for days.",
    ),
    "retries-multiply": Rule(
        charging.retries_multiply, (),
        "Layers that retry multiply, most of all when the provider can bear it least. Retry in one layer, or give the app's "
        "retries a stable key or a budget.",
    ),
    "endless-retries": Rule(
        charging.endless_retries, (),
        "After an overload the retries alone keep the shop overloaded. A few attempts or a budget of 10 % end that.",
    ),
    "sells-what-is-gone": Rule(
        using_up.sells_what_is_gone, ("W27", "W28"),
        "The last one is sold to all who find it before the first of them has taken it. Check and take in one "
        "transaction, before the payment.",
    ),
    "reservation-too-short": Rule(
        using_up.reservation_too_short, ("W28",),
        "Somebody is at the payment, and what they pay for goes to the next one. Reserve for longer than a payment takes.",
    ),
    "keeps-what-nobody-buys": Rule(
        using_up.keeps_what_nobody_buys, (),
        "What is taken and not given back can't be sold, and what is given back twice is sold twice. Give it back in the "
        "transaction that settles the order.",
    ),
    "renews-again": Rule(
        using_up.renews_again, ("W29",),
        "A job runs again after a deploy, by hand, or on a second machine, and no customer is there to notice. Let the "
        "key be that of the renewal, or look first.",
    ),
    "dual-write": Rule(
        telling.dual_write, ("W7", "W19"),
        "The money is right, and the status view, the loyalty points and whoever makes the order never hear of the payment. An "
        "outbox row commits with the outcome.",
    ),
    "marks-before-publishing": Rule(
        telling.marks_before_publishing, ("W8", "W19"),
        "Rows are published at most once: a crash loses those that a relay marking afterwards would publish again, and nobody "
        "notices.",
    ),
    "finds-by-id": Rule(
        telling.finds_by_id, (),
        "Ids are drawn when a transaction begins and become visible when it commits. Nothing has to fail for a row to be "
        "missed.",
    ),
    "no-inbox": Rule(
        telling.no_inbox, ("W8", "W30", "W32"),
        "At least once means sometimes twice, and each delivery awards points. An inbox remembers which messages it has "
        "handled.",
    ),
    "inbox-forgets": Rule(
        telling.inbox_forgets, ("W8", "W32"),
        "A message that comes again after the inbox has forgotten it counts as new, and its points are awarded twice.",
    ),
    "acknowledges-late": Rule(
        telling.acknowledges_late, ("W30", "W32"),
        "A rebalance or a death repeats all that was handled since the last acknowledgement. Acknowledge each message, or know "
        "what was handled.",
    ),
    "replay-passes-inbox": Rule(
        telling.replay_passes_inbox, ("W32",),
        "What was handled by a consumer that died before it could say so is handled again, as something new. Replay with the "
        "old ids, or remember the order.",
    ),
    "dead-letters-left": Rule(
        telling.dead_letters_left, (),
        "In a long outage every message is dead after a few tries: orders that nobody charges, and points that nobody gets. "
        "Replay them when it is over.",
    ),
    "slow-relay": Rule(
        telling.slow_relay, (),
        "An event waits for the relay's next poll, and more capacity doesn't shorten that.",
    ),
    "inline-loyalty": Rule(
        telling.inline_loyalty, (),
        "Orders and money wait for loyalty points. If loyalty learns of orders by events, it can be down without anybody "
        "noticing.",
    ),
    "stale-view": Rule(
        telling.stale_view, ("W3",),
        "A customer who sees nothing of an order for long enough places another one.",
    ),
    "overloaded": Rule(
        capacity.overloaded, (),
        "More work arrives than can be done, so a queue grows for as long as that lasts.",
    ),
    "queue-outlasts-patience": Rule(
        capacity.queue_outlasts_patience, (),
        "Workers serve customers who have left, while those who come give up in the queue: the overload outlives its cause. "
        "With a short queue, or deadline_drop, workers serve customers who still wait.",
    ),
    "answer-waits-for-provider": Rule(
        capacity.answer_waits_for_provider, (),
        "No number of workers answers before the provider has. Accept first and charge afterwards, or relax the objective.",
    ),
    "breaker-opens-by-chance": Rule(
        capacity.breaker_opens_by_chance, (),
        "Every payment waits although the provider is well. A larger window or share of failures tells bad luck "
        "from an outage.",
    ),
    "breaker-opens-too-late": Rule(
        capacity.breaker_opens_too_late, (),
        "The breaker stays closed in the very outage that it is for, and every order goes on calling a provider that is "
        "down.",
    ),
    "completer-falls-behind": Rule(
        capacity.completer_falls_behind, (),
        "People wait for hours for an order that is paid, or not, and nobody knows. The completer has to work off an outage "
        "while they still remember it.",
    ),
    "calls-in-a-transaction": Rule(
        capacity.calls_in_a_transaction, ("W20",),
        "A slow provider then stops whatever needs the database, and a payment that can't be written down is paid again. Call "
        "between two short transactions.",
    ),
    "scales-by-cpu": Rule(
        capacity.scales_by_cpu, (),
        "In a brownout all workers are held, wait, and use no cpu. Scale by the workers that are held.",
    ),
}  # fmt: skip
