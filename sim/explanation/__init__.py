"""Why it went wrong: the failure windows, the story of one purchase, and the smallest world that breaks a promise."""
