"""Values that are none of their kind, for a key of each kind, and where such keys are."""

from __future__ import annotations

FILES = {  # with the value in it
    "duration": "clock: {{duration: {}}}",
    "rate": "traffic: {{rate: {}}}",
    "probability": "provider: {{ambiguous: {}}}",
    "factor": "faults: [{{spike: traffic, at: '07:00', for: 1min, times: {}}}]",
    "money": "traffic: {{rate: 6/min, price: {}}}",
    "clock": "clock: {{start: {}}}",
    "count": "customers: {{max_submissions: {}}}",
    "distribution": "network: {{latency: {}}}",
    "yes or no": "checkout: {{deadline_drop: {}}}",
    "word": "app: {{key: {}}}",
    "limit": "objectives: {{confirmed_share: {}}}",
    "price": "prices: {{dispute: {}}}",
}
NEVER = (  # of any kind
    "[]", "{}", "[1]", "{zebra: 1}", "[[]]", "''", "' '", "zebra", "-1", "-0.5", "nan", "NaN", ".nan", "inf", ".inf", "-inf",
    "Infinity", "1e400", "0x10", "0b1", "1_000", "1__0", "'１'", "'٣'", "'²'", "'½'", "'Ⅷ'", "'1 s s'", "'--1s'",
    "'+1s'", "'1s;'", "'1s # x'", "'${HOME}'", "'{{7*7}}'", "'$(id)'", "'%s'", "'1\\n2'", "1e999s", "'١٢:٣٠'", "12:30:61",
    "2024-01-01",
)  # fmt: skip
NUMBERS = ("1e400s", "1e999%", "-1s", "1,5s", "1.5.2s", "1e5e5s", "e5s", ".s", "s", "%", "x", "1 light-year", "1S", "1Min")
OWN = {  # of this kind only: what looks like it
    "duration": (
        "5", "5.5", "1m", "1hour", "5/s", "5%", "x5", "-5min", "07:30", "1e-400", "true", "8d", "0", "1e300s", *NUMBERS
    ),
    "rate": ("5", "5s", "5/", "/s", "5/fortnight", "5/ms", "5/s/s", "0", "0/s", "-5/s", "true", "1e400/s", "5%", *NUMBERS),
    "probability": ("0.5", "50", "150%", "100.1%", "-1%", "5/s", "true", "1e3%", "5 percent", "1e400%", "'5%%'", *NUMBERS),
    "factor": ("5", "0", "2x", "xx2", "x-2", "x1e400", "5%", "true", "'x 2 3'", "x2s", *NUMBERS[:-1]),
    "money": (
        "5", "5 EUR", "USD 5", "$5", "5.001 USD", "-5 USD", "0 USD", "1e400 USD", "30000000 USD", "true", "5usd", *NUMBERS
    ),
    "clock": ("7", "7:3", "25:00:00", "07:60", "07:30:60", "noon", "7.30", "361:00", "-07:00", "true", "450", "07:30:15:00"),
    "count": ("0", "1.5", "1e3", "true", "99999999999", "'4_0'", "0x4", "4s", "1001", "-4"),
    "distribution": (
        "5s", "{constant: 5}", "{constant: -5s}", "{constant: 1s, exponential: 1s}", "{lognormal: 5s}",
        "{lognormal: {median: 5s}}",
        "{lognormal: {median: 5s, sigma: -1}}", "{lognormal: {median: 5s, sigma: nan}}", "{lognormal: {median: 5s, sigma: 99}}",
        "{uniform: 5s}", "{uniform: [5s]}", "{uniform: [5s, 1s]}", "{uniform: [1s, 2s, 3s]}", "{samples: [1]}", "{normal: 5s}",
        "{constant: {constant: 1s}}", "{constant: null}", "{'(read from the file)': [1]}", "true", "5",
    ),
    "yes or no": ("2", "1.5", "maybe", "yes no", "not", "null", "'tru e'", "oui", "5s", "[true]"),
    "word": ("null", "true", "0", "Purchase", "purchases", "PURCHASE", "'purchase '", "pur\u0441hase", "[purchase]"),
    "limit": ("0.5", "50", "150%", "-1%", "5s", "true", "null", "1e400%", *NUMBERS),
    "price": ("'5 USD'", "true", "x5", "1e400", "0x5", *NUMBERS),
}  # fmt: skip


def values() -> list[tuple[str, str]]:
    """A kind, and a value that is none of it."""
    return [(kind, value) for kind in FILES for value in dict.fromkeys((*NEVER, *OWN[kind]))]
