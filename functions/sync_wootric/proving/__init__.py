"""The steps of a run that verify what was read: gaps, removals, counts and audits."""
