"""Scoring, merging and storage shared by every function.

The package root is pure: no I/O, no clock, no environment (two named exceptions: `config` and
`clock`). I/O lives in `nps_core.adapters`. Nothing is imported here, so that a cold start pays
only for what its handler uses.
"""
