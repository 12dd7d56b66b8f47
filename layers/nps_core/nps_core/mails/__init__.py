"""The mails: one module per kind decides whether it still holds, and writes both parts.

`registry` lists the kinds, `prepare` turns an outbox mail into a rendered one. `follow_up` and the
sync decide when a mail is posted; `outbox` has the states of its delivery.
"""
