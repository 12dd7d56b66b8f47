"""Stream consumer that keeps the ledgers of votes."""
