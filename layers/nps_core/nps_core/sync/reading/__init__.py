"""Reading a list that moves without a loss: cursor, pages, checkpoint, sweeps; no I/O."""
