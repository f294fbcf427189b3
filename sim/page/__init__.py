"""The page: a server for one person's browser, which plays mornings and lets one change the design and the world."""

PRELOADED = ("sim.page.work",)  # once, in the process from which those that simulate are forked
