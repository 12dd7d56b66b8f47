"""Directory files, and matching stored answers again after a change."""
