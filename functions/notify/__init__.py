"""Stream consumer that decides about follow-up: tasks and outbox mails, which `deliver` sends."""
