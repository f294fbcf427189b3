"""Idempotency keys, with the semantics that a provider publishes (`sim.config.presets`)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sim.config.scenario import ProviderKeys


@dataclass
class Kept:
    """What stands under a key: the parameters of the first call, and its answer when there is one."""

    fingerprint: str
    since_s: float
    answer: tuple[int, bytes] | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Keys:
    """The keys that are known; none, for a provider that knows no idempotency keys."""

    def __init__(self, rules: ProviderKeys | None) -> None:
        self.rules = rules
        self._kept: dict[str, Kept] = {}

    def find(self, key: str | None, now_s: float) -> Kept | None:
        if key is None or self.rules is None:
            return None
        kept = self._kept.get(key)
        if kept is not None and now_s >= kept.since_s + self.rules.ttl:
            del self._kept[key]
            return None
        return kept

    def begin(self, key: str | None, fingerprint: str, now_s: float) -> Kept | None:
        """A first call with this key begins its work."""
        if key is None or self.rules is None:
            return None
        kept = self._kept[key] = Kept(fingerprint, now_s)
        return kept

    def end(self, key: str | None, kept: Kept | None, status: int, body: bytes) -> None:
        """The work is done. An error of the provider's own frees the key, unless its rules store such errors.

        What was wrong with the request itself is not stored: no work had begun (so says Stripe of wrong parameters).
        """
        if kept is None or key is None or self.rules is None:
            return
        freeing = status in (400, 404) or (status >= 500 and not self.rules.stores_errors)
        if freeing and self._kept.get(key) is kept:
            del self._kept[key]
        kept.answer = status, body
        kept.done.set()
