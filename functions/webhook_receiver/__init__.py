"""Webhook front door: verifies, parses and stores one answer per request."""
