"""Lossless reading of a list that moves: cursor, pages, checkpoint, sweeps; no I/O."""
