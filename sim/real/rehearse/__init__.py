"""The rehearsal of a service of one's own: our customers order from it, it charges at our provider, our audit counts."""
