"""Commands that put right what a fault, an outage or a restore has left."""
