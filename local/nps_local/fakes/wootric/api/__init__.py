"""The documented REST endpoints and how they read their parameters."""
