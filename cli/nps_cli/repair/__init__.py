"""The work of `nps redrive` and `nps replay`; the core stores the results."""
