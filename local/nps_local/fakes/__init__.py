"""Stand-ins for systems outside, one folder each, as programs over real HTTP."""
