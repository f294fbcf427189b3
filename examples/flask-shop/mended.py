"""The same checkout, mended. Each difference to broken.py closes a gap that `coffee rehearse` finds.

The order is written down before the charge, once for each of the app's keys. Stripe gets a key that belongs to the order, so a
second call is not a second charge. What nobody knows stays *pending*, until a repeat of the request or a webhook settles it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

import stripe
from flask import Flask, jsonify, request

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
DATABASE = Path(tempfile.gettempdir()) / f"coffee-mended-shop-{PORT}.sqlite"
SECRET = os.environ.get("STRIPE_WEBHOOK_SECRET", "whsec_coffee")
app = Flask(__name__)
payments = stripe.StripeClient(
    os.environ.get("STRIPE_API_KEY", "sk_test_coffee"),
    base_addresses={"api": os.environ["STRIPE_API_BASE"]},
    http_client=stripe.RequestsClient(timeout=0.5),
    max_network_retries=1,
)


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(DATABASE, timeout=5, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute(
        "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, email TEXT, sku TEXT,"
        " cents INTEGER, card TEXT, status TEXT NOT NULL DEFAULT 'pending')"
    )
    return connection


def settle(order: int, status: str) -> None:
    """An order is settled once; news that comes later changes nothing."""
    database().execute("UPDATE orders SET status = ? WHERE id = ? AND status = 'pending'", (status, order))


@app.get("/health")
def health() -> Any:
    return jsonify(ok=True)


@app.post("/orders")
def order() -> Any:
    wanted, key = request.get_json(), request.headers["Idempotency-Key"]
    content = (wanted["email"], wanted["sku"], wanted["amount"], wanted["payment_method"])
    connection = database()
    connection.execute(
        "INSERT INTO orders (key, email, sku, cents, card) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING", (key, *content)
    )
    found = connection.execute("SELECT * FROM orders WHERE key = ?", (key,)).fetchone()
    if (found["email"], found["sku"], found["cents"], found["card"]) != content:
        return jsonify(error="this key stands for another order"), 422
    if found["status"] == "pending":
        try:
            charge(found)
        except stripe.CardError:
            settle(found["id"], "declined")
        except stripe.StripeError:  # nobody knows what was charged: the app asks again, and so do we, with the same key
            return jsonify(id=found["id"], status="pending"), 503
        else:
            settle(found["id"], "paid")
    status = database().execute("SELECT status FROM orders WHERE id = ?", (found["id"],)).fetchone()["status"]
    return jsonify(id=found["id"], status=status), 402 if status == "declined" else 201


def charge(found: sqlite3.Row) -> None:
    payments.v1.payment_intents.create(
        {
            "amount": found["cents"],
            "currency": "usd",
            "payment_method": found["card"],
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"order": str(found["id"])},
        },
        {"idempotency_key": f"order-{found['key']}"},
    )


@app.post("/stripe/webhook")
def webhook() -> Any:
    try:
        event = stripe.Webhook.construct_event(request.get_data(), request.headers["Stripe-Signature"], SECRET)
    except (stripe.SignatureVerificationError, ValueError, KeyError):
        return jsonify(error="not from the provider"), 400
    if event.type == "payment_intent.succeeded":
        settle(int(event.data.object.metadata["order"]), "paid")
    return jsonify(received=True)


@app.get("/orders")
def orders() -> Any:
    limit = request.args.get("limit", 100, type=int)
    rows = database().execute("SELECT * FROM orders ORDER BY id DESC LIMIT ?", (limit,))
    return jsonify(data=[dict(row) for row in rows])


if __name__ == "__main__":
    app.run(port=PORT, threaded=True)
