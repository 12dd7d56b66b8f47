"""Asking the sync for something and reporting what it did."""
