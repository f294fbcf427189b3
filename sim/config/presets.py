"""What payment providers have published about their idempotency keys; what they have not published is marked as assumption.

Presets differ only in the semantics of keys. No provider publishes its latency percentiles or how often an outcome is
ambiguous, so a preset does not set these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

PresetName = Literal["stripe-v1", "stripe-v2", "adyen", "paypal", "square", "checkout-com", "no-keys"]
Mark = Literal["published", "secondary source", "assumption"]


class Semantic(NamedTuple):
    """One property of a provider's keys: its value as written in a file, how well it is known, and the source's words."""

    value: Any
    mark: Mark
    note: str


@dataclass(frozen=True)
class Preset:
    """A provider's idempotency keys. `keys` is None for a provider without them."""

    summary: str
    source: str
    keys: dict[str, Semantic] | None

    def under(self, own: Any) -> Any:
        """The value of a scenario's `keys`: the preset's, overridden by what the file itself gives (`own`)."""
        if own is not None and not isinstance(own, dict):
            return own
        if self.keys is None:
            return "none"
        return {key: semantic.value for key, semantic in self.keys.items()} | (own or {})


STRIPE = "https://docs.stripe.com/api/idempotent_requests"

PRESETS: dict[str, Preset] = {
    "stripe-v1": Preset(
        "Stripe's API v1: the first answer is stored with the key, a 500 too",
        STRIPE,
        {
            "ttl": Semantic("24h", "published", "may be pruned once at least 24 hours old; then it is a new request"),
            "in_flight": Semantic("conflict", "published", "retryable and not saved (a 409, says a secondary source)"),
            "mismatch": Semantic("error", "published", "other parameters under the same key are an error"),
            "stores_errors": Semantic(True, "published", "whatever the outcome once the work began, a 500 included"),
        },
    ),
    "stripe-v2": Preset(
        "Stripe's API v2: a repeated call finishes what failed instead of replaying the error",
        STRIPE,
        {
            "ttl": Semantic("30d", "published", "30 days"),
            "in_flight": Semantic("conflict", "assumption", "as in v1"),
            "mismatch": Semantic("error", "published", "an error"),
            "stores_errors": Semantic(False, "published", "failed or partial work is retried"),
        },
    ),
    "adyen": Preset(
        "Adyen: keys per company account, not checked across regional endpoints",
        "https://docs.adyen.com/development-resources/api-idempotency",
        {
            "ttl": Semantic("31d", "published", "one version of the page says at least 31 days; 7 days is heard, unconfirmed"),
            "in_flight": Semantic("conflict", "published", "an error marked as transient: try again"),
            "mismatch": Semantic("error", "published", "an error"),
            "stores_errors": Semantic(True, "assumption", "the first response is replayed; whether a 500 is one, is not said"),
        },
    ),
    "paypal": Preset(
        "PayPal: a repeated call is answered with the latest status of the first",
        "https://developer.paypal.com/reference/guidelines/idempotency",
        {
            "ttl": Semantic("24h", "assumption", "differs from API to API"),
            "in_flight": Semantic("conflict", "published", "the first is processed, the second might fail"),
            "mismatch": Semantic("replay", "assumption", "not said"),
            "stores_errors": Semantic(False, "published", "the latest status of the request, not its first answer"),
        },
    ),
    "square": Preset(
        "Square: the key stands in the body",
        "https://developer.squareup.com/docs/build-basics/common-api-patterns/idempotency",
        {
            "ttl": Semantic("24h", "assumption", "not published"),
            "in_flight": Semantic("conflict", "assumption", "not said"),
            "mismatch": Semantic("error", "published", "IDEMPOTENCY_KEY_REUSED"),
            "stores_errors": Semantic(True, "assumption", "the original response is replayed; of a 500 nothing is said"),
        },
    ),
    "checkout-com": Preset(
        "Checkout.com: only successes are stored",
        "vendor documentation, as quoted elsewhere",
        {
            "ttl": Semantic("24h", "secondary source", "24 hours"),
            "in_flight": Semantic("conflict", "assumption", "not said"),
            "mismatch": Semantic("error", "assumption", "not said"),
            "stores_errors": Semantic(False, "secondary source", "only 2xx answers are saved, the rest is attempted again"),
        },
    ),
    "no-keys": Preset("An older provider that knows no idempotency keys", "", None),
}
assert set(PRESETS) == set(get_args(PresetName))
