"""Sends the outbox mails that are due; `notify` and the sync have decided which mails there are."""
