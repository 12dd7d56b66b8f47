"""Alerts, tasks and due times; the mails about them wait in `outbox`, are written in `mails`."""
