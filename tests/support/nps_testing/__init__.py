"""Helpers of the tests: factories, fakes, sources, stacks and worlds."""
