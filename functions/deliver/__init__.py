"""Sends what waits in the outbox; what is to be sent was decided in `notify`."""
