"""The documented JSON, once, as pydantic models for the CLI and the functions; no I/O, no rule."""
