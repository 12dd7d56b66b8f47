"""Alerts, tasks and due times; their mails wait in `outbox` and are written in `mails`."""
