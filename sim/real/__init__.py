"""Real parts: a payment provider over HTTP, and the rehearsal of anybody's own checkout against it (extra `real`).

Only the command line knows of this room, and the rest of the package works without what the extra installs.
"""
