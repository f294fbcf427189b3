"""A coffee shop's checkout, on Flask and Stripe's SDK. It works on a good day, and charges people twice on a bad one.

`coffee rehearse examples/flask-shop/broken.yaml --every 1` shows when; mended.py beside it shows what helps.
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
DATABASE = Path(tempfile.gettempdir()) / f"coffee-broken-shop-{PORT}.sqlite"
app = Flask(__name__)
payments = stripe.StripeClient(
    os.environ.get("STRIPE_API_KEY", "sk_test_coffee"),
    base_addresses={"api": os.environ["STRIPE_API_BASE"]},
    http_client=stripe.RequestsClient(timeout=0.5),
)


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(DATABASE, timeout=5, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute(
        "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, email TEXT, sku TEXT, cents INTEGER, payment TEXT)"
    )
    return connection


@app.get("/health")
def health() -> Any:
    return jsonify(ok=True)


@app.post("/orders")
def order() -> Any:
    wanted = request.get_json()
    try:
        payment = payments.v1.payment_intents.create(
            {
                "amount": wanted["amount"],
                "currency": "usd",
                "payment_method": wanted["payment_method"],
                "confirm": True,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            }
        )
    except stripe.CardError as error:
        return jsonify(error=error.user_message), 402
    with database() as connection:
        made = connection.execute(
            "INSERT INTO orders (email, sku, cents, payment) VALUES (?, ?, ?, ?)",
            (wanted["email"], wanted["sku"], wanted["amount"], payment.id),
        )
    return jsonify(id=made.lastrowid, status="paid"), 201


@app.get("/orders")
def orders() -> Any:
    limit = request.args.get("limit", 100, type=int)
    rows = database().execute("SELECT * FROM orders ORDER BY id DESC LIMIT ?", (limit,))
    return jsonify(data=[{**dict(row), "status": "paid"} for row in rows])


if __name__ == "__main__":
    app.run(port=PORT, threaded=True)
