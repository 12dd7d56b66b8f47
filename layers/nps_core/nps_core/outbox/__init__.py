"""Mails that wait to be sent, their states, and the mail service; not their content."""
