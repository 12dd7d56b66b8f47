"""The directory: accounts, people and owners; not their answers."""
