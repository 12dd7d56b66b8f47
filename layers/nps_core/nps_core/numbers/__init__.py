"""Ledgers of votes and every number folded from them; no tasks, no mails."""
