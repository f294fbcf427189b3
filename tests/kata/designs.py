"""Designs of the exercise that several tests need."""

PASSES = "from: outbox\ncheckout: {workers: 8}\n"  # 100 points
NEARLY = "from: outbox\n"  # 80: its checkout is paid for more than it is used
