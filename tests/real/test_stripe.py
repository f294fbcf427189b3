"""The unmodified Stripe SDK, pointed at the provider by its base address: a payment flow, keys, errors, pages, searches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import stripe

from sim.config.scenario import ProviderKeys
from sim.real.provider.fates import Script
from sim.real.provider.server import Provider
from tests.real.running import PATIENCE_S, pay, provider, sdk


@pytest.fixture
def one() -> Iterator[Provider]:
    with provider(Script(late_s=0.6)) as made:
        yield made


def taken(one: Provider, purchase: int) -> int:
    return sum(charge.captured_cents for charge in one.ledger.charges.values() if charge.purchase == purchase)


def test_a_payment_in_one_call(one: Provider) -> None:
    """Confirmed at once, it has taken the money; `expand` gives the charge itself, and metadata come back."""
    made = pay(sdk(one), 7, metadata={"order": "7"}, expand=["latest_charge"])
    assert (made.status, made.amount_received, made.metadata["order"]) == ("succeeded", 650, "7")
    assert made.latest_charge.captured
    assert taken(one, 7) == 650


def test_a_payment_in_steps(one: Provider) -> None:
    """Begun without a card nobody pays; confirmed, the money is held; captured in part, the rest is free."""
    client = sdk(one)
    begun = client.v1.payment_intents.create({"amount": 900, "currency": "usd", "capture_method": "manual"})
    assert begun.status == "requires_payment_method"
    held = client.v1.payment_intents.confirm(begun.id, {"payment_method": "pm_coffee_3"})
    assert (held.status, held.amount_capturable, taken(one, 3)) == ("requires_capture", 900, 0)
    done = client.v1.payment_intents.capture(begun.id, {"amount_to_capture": 500})
    assert (done.status, done.amount_received, taken(one, 3)) == ("succeeded", 500, 500)
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        client.v1.payment_intents.cancel(begun.id)
    assert client.v1.payment_intents.retrieve(begun.id).status == "succeeded"


def test_a_payment_that_is_given_up(one: Provider) -> None:
    """A cancelled payment can't be confirmed or captured any more, and nobody has paid."""
    client = sdk(one)
    held = pay(client, 4, capture_method="manual")
    assert client.v1.payment_intents.cancel(held.id).status == "canceled"
    for act in (client.v1.payment_intents.capture, client.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError):
            act(held.id)
    assert taken(one, 4) == 0


def test_refunds(one: Provider) -> None:
    """In parts, never more than is left; the charge says so, and its refunds are listed."""
    client = sdk(one)
    made = pay(client, 5)
    client.v1.refunds.create({"payment_intent": made.id, "amount": 150})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": made.id, "amount": 501})
    client.v1.refunds.create({"charge": made.latest_charge})
    assert client.v1.charges.retrieve(made.latest_charge).refunded
    assert [each.amount for each in client.v1.refunds.list({"payment_intent": made.id}).data] == [500, 150]
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        client.v1.refunds.create({"charge": made.latest_charge})


def test_a_refused_card(one: Provider) -> None:
    """402 with the payment in the error, which can be tried again with another card."""
    client = sdk(one)
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(
            {"amount": 650, "currency": "usd", "payment_method": "pm_coffee_declined_6", "confirm": True}
        )
    assert (caught.value.code, caught.value.http_status) == ("card_declined", 402)
    again = caught.value.error.payment_intent
    assert again.status == "requires_payment_method"
    assert client.v1.payment_intents.confirm(again.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_charges_of_the_older_api(one: Provider) -> None:
    """A charge with a source, held and captured."""
    client = sdk(one)
    held = client.v1.charges.create({"amount": 300, "currency": "usd", "source": "tok_visa", "capture": False})
    assert not held.captured
    assert client.v1.charges.capture(held.id).captured
    with pytest.raises(stripe.InvalidRequestError, match="already been captured"):
        client.v1.charges.capture(held.id)


def test_customers_and_their_cards(one: Provider) -> None:
    """Made, changed, found by their address, deleted; a card is attached, listed and charged."""
    client = sdk(one)
    made = client.v1.customers.create({"email": "c1@coffee.test", "metadata": {"n": "1"}})
    card = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    client.v1.payment_methods.attach(card.id, {"customer": made.id})
    assert [each.id for each in client.v1.payment_methods.list({"customer": made.id}).data] == [card.id]
    client.v1.customers.update(made.id, {"name": "Ada"})
    assert client.v1.customers.search({"query": "email:'c1@coffee.test'"}).data[0].name == "Ada"
    paid = client.v1.payment_intents.create(
        {"amount": 100, "currency": "usd", "customer": made.id, "payment_method": card.id, "confirm": True}
    )
    assert paid.customer == made.id
    assert client.v1.customers.delete(made.id).deleted
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.update(made.id, {"name": "Bob"})


def test_the_same_key_is_the_same_answer(one: Provider) -> None:
    """Repeated with its key a call takes no money again, and says that it is a replay; other parameters are an error."""
    client = sdk(one)
    first, second = pay(client, 8, key="k"), pay(client, 8, key="k")
    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert taken(one, 8) == 650
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        pay(client, 8, key="k", amount=651)


def test_a_key_that_is_in_use(one: Provider) -> None:
    """While the first call hangs a second one with its key is refused with 409; the SDK's own retries wait for its end."""
    one.fates.mishaps[9, 1] = "late"  # type: ignore[attr-defined]
    hanging = threading.Thread(target=lambda: pay(sdk(one), 9, key="k"))
    hanging.start()
    until = time.monotonic() + PATIENCE_S
    while not one.log.calls and time.monotonic() < until:
        time.sleep(0.01)
    with pytest.raises(stripe.StripeError) as caught:
        pay(sdk(one), 9, key="k")
    assert caught.value.http_status == 409
    assert pay(sdk(one, retries=6), 9, key="k").status == "succeeded"
    hanging.join(PATIENCE_S)
    assert taken(one, 9) == 650


@pytest.mark.parametrize(("stores", "second"), [(True, stripe.APIError), (False, None)])
def test_a_stored_error(stores: bool, second: type[Exception] | None) -> None:
    """Stripe's API v1 replays a 500 for as long as the key lives; a provider that stores none does the work the second time."""
    with provider(Script({(1, 1): "broke"}, keys=ProviderKeys(stores_errors=stores))) as one:
        with pytest.raises(stripe.APIError):
            pay(sdk(one), 1, key="k")
        if second is None:
            assert pay(sdk(one), 1, key="k").status == "succeeded"
        else:
            with pytest.raises(second):
                pay(sdk(one), 1, key="k")
        assert taken(one, 1) == (0 if stores else 650)


def test_keys_that_nobody_knows() -> None:
    """A provider without keys charges twice for the same one; a key is forgotten after its life."""
    with provider(Script(keys=None)) as one:
        pay(sdk(one), 1, key="k")
        pay(sdk(one), 1, key="k")
        assert taken(one, 1) == 1300
    with provider(Script(keys=ProviderKeys(ttl="200ms"))) as one:  # type: ignore[arg-type]
        pay(sdk(one), 1, key="k")
        time.sleep(0.3)
        pay(sdk(one), 1, key="k")
        assert taken(one, 1) == 1300


def test_refused_lost_late_and_declined(one: Provider) -> None:
    """Refused and declined take nothing; lost takes it and cuts the connection; late takes it when the caller has gone."""
    for purchase, kind in enumerate(("refused", "lost", "declined", "late"), 20):
        one.fates.mishaps[purchase, 1] = kind  # type: ignore[attr-defined]
    with pytest.raises(stripe.APIError):
        pay(sdk(one), 20)
    with pytest.raises(stripe.APIConnectionError):
        pay(sdk(one), 21)
    with pytest.raises(stripe.CardError):
        pay(sdk(one), 22)
    assert [taken(one, purchase) for purchase in (20, 21, 22)] == [0, 650, 0]
    hasty = stripe.StripeClient(
        "sk_test_x", base_addresses={"api": one.address}, http_client=stripe.RequestsClient(timeout=0.2), max_network_retries=0
    )
    with pytest.raises(stripe.APIConnectionError):
        pay(hasty, 23)
    assert taken(one, 23) == 0
    until = time.monotonic() + PATIENCE_S
    while not taken(one, 23) and time.monotonic() < until:
        time.sleep(0.05)
    assert taken(one, 23) == 650


def test_the_default_client_charges_twice_where_the_old_call_does_not(one: Provider) -> None:
    """An answer is lost: the SDK's retries carry one key. Without them, the caller's own second call has another."""
    one.fates.mishaps[None, 1] = "lost"  # type: ignore[attr-defined]
    pay(sdk(one, retries=2), 31)
    assert taken(one, 31) == 650
    client = sdk(one)
    with pytest.raises(stripe.APIConnectionError):
        pay(client, 32)
    pay(client, 32)
    assert taken(one, 32) == 1300


def test_pages(one: Provider) -> None:
    """Newest first, so many a page; the SDK's own iteration goes through all of them once."""
    client = sdk(one)
    made = [pay(client, number).id for number in range(100, 107)]
    first = client.v1.payment_intents.list({"limit": 3})
    assert [each.id for each in first.data] == made[:-4:-1]
    assert first.has_more
    assert [each.id for each in first.auto_paging_iter()] == made[::-1]
    before = client.v1.payment_intents.list({"limit": 2, "ending_before": made[0]})
    assert [each.id for each in before.data] == [made[2], made[1]]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list({"limit": 101})


def test_searches(one: Provider) -> None:
    """By metadata, status and amount, in pages; a query that can't be read is an error."""
    client = sdk(one)
    for number in range(5):
        pay(client, number, amount=100 + number, metadata={"order": str(number % 2)})
    found = client.v1.payment_intents.search(
        {"query": "metadata['order']:'0' AND status:'succeeded' AND amount>100", "limit": 1}
    )
    assert [each.amount for each in found.auto_paging_iter()] == [104, 102]
    with pytest.raises(stripe.InvalidRequestError, match="parse"):
        client.v1.payment_intents.search({"query": "whatever"})


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"currency": "usd"}, "amount"),
        ({"amount": -1, "currency": "usd"}, "positive integer"),
        ({"amount": 0, "currency": "usd"}, "must be"),
        ({"amount": 10**9, "currency": "usd"}, "must be"),
        ({"amount": 100}, "currency"),
        ({"amount": 100, "currency": "dollars"}, "currency"),
        ({"amount": 100, "currency": "usd", "payment_method": "pm_nobody"}, "No such PaymentMethod"),
        ({"amount": 100, "currency": "usd", "confirm": True}, "payment_method"),
        ({"amount": 100, "currency": "usd", "customer": "cus_nobody"}, "No such customer"),
    ],
)
def test_wrong_parameters(one: Provider, params: dict[str, Any], match: str) -> None:
    """Each is an `InvalidRequestError` that names the parameter, and no payment is begun."""
    with pytest.raises(stripe.InvalidRequestError, match=match):
        sdk(one).v1.payment_intents.create(params)  # type: ignore[arg-type]
    assert not one.ledger.intents


def test_live_keys_are_refused(one: Provider) -> None:
    """Nobody's real key is used here, and the provider remembers that somebody tried; no key at all is refused, too."""
    with pytest.raises(stripe.AuthenticationError, match="real money"):
        pay(sdk(one, key="sk_live_" + "x" * 12), 1)
    assert one.live_key
    assert not one.ledger.charges


def test_a_path_that_is_not_there(one: Provider) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        sdk(one).v1.disputes.list()


class _Endpoint(BaseHTTPRequestHandler):
    """Takes webhooks; the first delivery of each is not taken."""

    got: list[tuple[bytes, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((body, self.headers["Stripe-Signature"]))
        self.send_response(200 if len(self.got) > 1 else 500)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def test_webhooks_are_signed_and_come_again() -> None:
    """The SDK accepts the signature, and no other one; what was not taken is delivered again."""
    got: list[tuple[bytes, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Endpoint", (_Endpoint,), {"got": got}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with provider(webhooks=(f"http://127.0.0.1:{server.server_port}/hook", "whsec_1")) as one:
            made = pay(sdk(one), 7)
            until = time.monotonic() + PATIENCE_S
            while len(got) < 3 and time.monotonic() < until:
                time.sleep(0.02)
            deliveries = {(each.kind, each.attempt, each.status) for each in one.webhooks.deliveries}  # type: ignore[union-attr]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_S)
    events = [stripe.Webhook.construct_event(body, signed, "whsec_1") for body, signed in got]
    assert sorted({each.type for each in events}) == ["charge.succeeded", "payment_intent.succeeded"]
    assert made.id in {each.data.object.id for each in events}
    assert sum(attempt > 1 for _, attempt, _ in deliveries) == 1
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got[0][0], got[0][1], "whsec_2")
