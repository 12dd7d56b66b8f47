"""Scheduled sync: pages Wootric's REST API into the responses table."""
