"""Answers: their versions, merging, accounts and storage; counting happens in `numbers`."""
