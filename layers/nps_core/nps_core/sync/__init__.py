"""State that the sync keeps between runs; `reading` and `proof` have its rules."""
