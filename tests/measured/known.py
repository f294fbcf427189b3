"""A world and a design of which every number is known, and the numbers that a log of theirs should give back."""

from __future__ import annotations

SCENARIO = """
name: known
clock: {start: "07:00", duration: 1h, drain: 30min}
traffic: {steps: {"07:00": 20/min, "07:20": 60/min, "07:40": 30/min}}
network: {latency: {constant: 30ms}, request_lost: 1%, answer_lost: 2%}
provider: {latency: {lognormal: {median: 900ms, sigma: 0.8}}, declined: 5%, failed: 2%, errored: 1%, ambiguous: 1.5%}
"""
DESIGN = """
name: ours
from: outbox
app: {timeout: 4s, retry: {full_jitter: {base: 700ms, cap: 8s, attempts: 3}}}
checkout: {workers: 64, service: {exponential: 25ms}, queue_limit: none}
database: {connections: 64, write: {constant: 0s}, read: {constant: 0s}}
payment: {timeout: 3s, workers: 200}
"""
TRUE: dict[str, float] = {  # seconds, shares, per second; those with an interval that is more than a point
    "traffic.steps.07:00": 20 / 60,
    "traffic.steps.07:20": 1.0,
    "traffic.steps.07:40": 0.5,
    "network.request_lost": 0.01,
    "network.answer_lost": 0.02,
    "provider.latency.lognormal.median": 0.9,
    "provider.latency.lognormal.sigma": 0.8,
    "provider.declined": 0.05,
    "provider.failed": 0.02,
    "provider.errored": 0.01,
    "provider.ambiguous": 0.015,
    "app.retry.full_jitter.base": 0.7,
    "checkout.service.exponential": 0.025,
}
EXACT: dict[str, float] = {"network.latency.constant": 0.03, "app.timeout": 4.0, "payment.timeout": 3.0}  # clocks of ours
