"""Requests, runs and reports of the sync, and the state of each connection."""
