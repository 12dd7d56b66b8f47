"""Worlds on fakes: scenarios of follow-up and sync, and the claims that every state must meet."""
