"""`make demo`: the whole loop on this machine, compared with a recompute."""
