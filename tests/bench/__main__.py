"""`python -m tests.bench`: all of it."""

from tests.bench.speed import growth, speed

if __name__ == "__main__":
    speed()
    growth()
