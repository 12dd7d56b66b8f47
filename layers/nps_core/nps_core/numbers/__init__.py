"""Ledgers of votes and every number folded from them; neither tasks nor mails."""
