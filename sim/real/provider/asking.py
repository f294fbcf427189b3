"""A call of the provider as its dialects read it: its parameters, and values in them with the errors of who asks wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.real.provider.ledger import MOST_CENTS, OUR_CARD, Ledger
from sim.real.provider.refusal import invalid, missing


@dataclass(frozen=True)
class Ask:
    """One call. `purchase`: whose it is, as far as the provider knows. `declined`: any card is refused this time."""

    method: str
    path: str
    params: dict[str, Any]
    purchase: int | None = None
    declined: bool = False

    def text(self, name: str) -> str | None:
        value = self.params.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {name}", name)
        return value

    def needed(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def cents(self, name: str) -> int | None:
        value = self.params.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not str(value).isascii() or not str(value).isdecimal() or len(str(value)) > 12:
            raise invalid(f"Invalid positive integer: {name}", name, "parameter_invalid_integer")
        if not 0 < int(value) <= MOST_CENTS:
            raise invalid(f"{name} must be 1 to {MOST_CENTS}", name, "amount_too_large" if int(value) else "amount_too_small")
        return int(value)

    def amount(self) -> int:
        value = self.cents("amount")
        if value is None:
            raise missing("amount")
        return value

    def flag(self, name: str) -> bool | None:
        value = self.params.get(name)
        if value is None:
            return None
        if value in (True, "true"):
            return True
        if value in (False, "false"):
            return False
        raise invalid(f"Invalid boolean: {name}", name)

    def mapping(self, name: str) -> dict[str, str]:
        value = self.params.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(child, str) for child in value.values()):
            raise invalid(f"Invalid object: {name}", name)
        return value

    def listed(self, name: str) -> list[str]:
        value = self.params.get(name) or []
        if not isinstance(value, list):
            raise invalid(f"Invalid array: {name}", name)
        return [str(child) for child in value]


@dataclass
class Owners:
    """Whose a call is: by the card, by the object that it is about, by metadata, by the amount, or the only one there is."""

    metadata: str | None = None
    amounts: dict[int, int] | None = None
    current: int | None = None

    def of(self, ledger: Ledger, params: dict[str, Any], names: list[str]) -> int | None:
        """The purchase of a call with these parameters; `names`: ids in its path."""
        for value in _texts(params):
            ours = OUR_CARD.fullmatch(value)
            if ours is not None:
                return int(ours[2])
        for name in (*names, *_texts(params)):
            one = ledger.intents.get(name) or ledger.charges.get(name) or ledger.cards.get(name)
            if one is not None and one.purchase is not None:
                return one.purchase
        metadata = params.get("metadata")
        if self.metadata and isinstance(metadata, dict) and str(metadata.get(self.metadata, "")).isdecimal():
            return int(metadata[self.metadata])
        amount = str(params.get("amount", ""))
        if self.amounts and amount.isdecimal() and int(amount) in self.amounts:
            return self.amounts[int(amount)]
        return self.current


def _texts(params: dict[str, Any]) -> list[str]:
    return [value for value in params.values() if isinstance(value, str)]
