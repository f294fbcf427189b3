from sim import *  # noqa: F403
from sim import __version__ as __version__
