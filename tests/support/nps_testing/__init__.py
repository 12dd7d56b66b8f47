"""Helpers that tests import: factories, fakes, deliverers."""
