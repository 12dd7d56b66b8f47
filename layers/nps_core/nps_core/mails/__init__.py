"""The mails: one module per kind says when it is still true, what it shows and how it reads.

`registry` names the kinds, `prepare` turns a mail of the outbox into what is sent. When a mail is
posted is decided by `follow_up` and by the sync, and its way out is in `outbox`.
"""
