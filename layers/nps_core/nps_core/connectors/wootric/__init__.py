"""Wootric's protocol, client, payloads, people and webhook signature; nothing is stored here."""
