"""Which Wootric accounts a stack reads, and the settings and secret of each."""
