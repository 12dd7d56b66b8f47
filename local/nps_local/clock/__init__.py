"""The movable clock of a local stack."""
