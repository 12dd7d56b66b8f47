"""The documented JSON rows, once, for the CLI and the functions; no I/O."""
