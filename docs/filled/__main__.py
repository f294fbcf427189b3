"""`python -m docs.filled`, which is `make reference`."""

from . import write

print("\n".join(f"written: {page}" for page in write()) or "nothing has changed")  # noqa: T201
