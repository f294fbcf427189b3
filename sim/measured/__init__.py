"""From what was measured to a scenario and a design: logs and spans, read and fitted."""
