"""Fakes of external systems, one folder each, as programs over real HTTP."""
