"""Tiny shops on the standard library, each with one way to behave: what a rehearsal is rehearsed on.

`python shops.py PORT PROVIDER WAY`. Its orders are in a file, so that they survive a kill.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WAYS = ("perfect", "twice", "forgetful", "hangs", "rubbish", "silent", "dies", "no-list", "live-key", "leaks", "stubborn")
TABLE = "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, key TEXT UNIQUE, email TEXT, cents INTEGER, status TEXT)"


class Shop(BaseHTTPRequestHandler):
    """One request after the other, each on a connection of its own."""

    provider: str
    way: str
    file: Path

    def database(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.file, timeout=5, isolation_level=None)
        connection.execute(TABLE)
        return connection

    def do_GET(self) -> None:
        if self.path.startswith("/health"):
            self.say(200, {})
        elif self.way == "no-list":
            self.say(500, {})
        else:
            with self.database() as books:
                rows = books.execute("SELECT email, cents, status FROM orders").fetchall()
            self.say(200, {"data": [dict(zip(("email", "cents", "status"), row, strict=True)) for row in rows]})

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        match self.way:
            case "hangs":
                time.sleep(60)
            case "rubbish":
                self.wfile.write(b"\x00\xff not HTTP at all\r\n\r\n")
                return
            case "dies":
                os._exit(3)
            case "silent":
                self.say(201, {"id": 1})
                return
        with self.database() as books:
            own = None if self.way in ("twice", "forgetful") else key
            books.execute("INSERT INTO orders (key, email, cents, status) VALUES (?, ?, ?, 'pending') ON CONFLICT DO NOTHING",
                          (own, order["email"], order["amount"]))  # fmt: skip
            row = (
                "SELECT id, status FROM orders WHERE key = ?"
                if own
                else "SELECT max(id), 'pending' FROM orders WHERE email = ?"
            )
            number, status = books.execute(row, (own or order["email"],)).fetchone()
            if status == "pending":
                for turn in range(2 if self.way == "twice" else 1):
                    status = self.charge(order, f"{key}-{turn}" if self.way != "forgetful" else f"{number}")
                if status != "pending":
                    books.execute("UPDATE orders SET status = ? WHERE id = ?", (status, number))
        self.say({"paid": 201, "declined": 402, "pending": 503}[status], {"id": number})

    def charge(self, order: dict[str, Any], key: str) -> str:
        """Whether it is paid, declined, or nobody knows."""
        parts = urlsplit(self.provider)
        secret = "sk_live_" + "0" * 20 if self.way == "live-key" else "sk_test_coffee"
        caller = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=0.4)
        body = {"amount": order["amount"], "card": order["card"], "reference": order["email"]}
        try:
            caller.request("POST", "/plain/charges", json.dumps(body),
                           {"Idempotency-Key": key, "Authorization": f"Bearer {secret}"})  # fmt: skip
            status = caller.getresponse().status
        except (OSError, http.client.HTTPException):
            return "pending"
        finally:
            caller.close()
        return {200: "paid", 402: "declined"}.get(status, "pending")

    def say(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        pass


def main(port: int, provider: str, way: str) -> None:
    file = Path(tempfile.gettempdir()) / f"coffee-shop-of-tests-{port}.sqlite"
    if way == "leaks" and os.fork() == 0:  # a grandchild that leaves the session, and listens instead
        os.setsid()
        way = "perfect"
    elif way == "leaks":
        time.sleep(60)
    ThreadingHTTPServer.request_queue_size = 256
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Own", (Shop,), {"provider": provider, "way": way, "file": file}))
    server.daemon_threads = True
    sys.stdout.write(f"{way} shop at {port}\n")
    if way == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
