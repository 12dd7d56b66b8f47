"""Protocols of other systems, one folder each; other rooms store what they deliver."""
