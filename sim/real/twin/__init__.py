"""The twin: the story that is simulated, run on real parts."""
