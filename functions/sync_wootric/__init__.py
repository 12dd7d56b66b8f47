"""Scheduled sync: reads Wootric's REST API into the responses table."""
