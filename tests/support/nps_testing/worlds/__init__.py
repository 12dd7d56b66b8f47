"""Whole lives on fakes: follow-up, sync, and what they must hold to."""
