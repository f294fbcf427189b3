"""The work of each command: what it simulates, prints and writes. `sim/cli/NAME.py` declares the options of `work/NAME.py`."""
