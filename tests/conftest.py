"""Property tests take as long as they take (a busy machine is no counter-example) and draw the same examples every time.

A shell that runs something in the background has it ignore Ctrl-C, and so would whatever that starts; tests press it.
"""

import signal

from hypothesis import settings

signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.load_profile("same")
