"""Decides about follow-up from the stream, and delivers mail when it is due."""
