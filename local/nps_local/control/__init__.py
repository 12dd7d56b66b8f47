"""Clients of a running local stack: its queues, schedules and sent mails."""
