"""What waits to leave, its states, and the mail service; not what a mail says."""
