"""The steps of a run that prove what was read: gaps, removals, counts and audits."""
