"""Property tests take as long as they take (a busy machine is no counter-example) and draw the same examples every time."""

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.load_profile("same")
