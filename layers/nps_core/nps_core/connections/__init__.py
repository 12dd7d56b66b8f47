"""One survey account: settings, activation, secret; the state of its reads is in `sync`."""
