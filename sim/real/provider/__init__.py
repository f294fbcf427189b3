"""A payment provider over HTTP, in Stripe's shape and in plain JSON, over one ledger.

A script or a scenario says what becomes of its calls.
"""
