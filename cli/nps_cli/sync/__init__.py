"""Calls the sync function and reports what it did."""
