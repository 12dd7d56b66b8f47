"""Outgoing webhooks: bodies, signature, delivery."""
