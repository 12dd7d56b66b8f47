"""What the sync keeps between runs; `reading` and `proof` hold its rules, a run is a function."""
