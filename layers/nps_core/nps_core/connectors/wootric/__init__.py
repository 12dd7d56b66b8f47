"""Wootric's protocol, client, payloads, people and webhook signature; no storage."""
