"""Parses directory files and matches stored answers again after a change."""
