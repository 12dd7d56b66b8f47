"""One survey account: settings, activation, secret; what is read through it lives in `sync`."""
