"""The documented REST endpoints and their parameters."""
