"""The Wootric accounts that a stack reads, with the settings and the secret of each."""
