"""Proof that the stored answers equal the source's, and the doubts; `reading` has the re-reads."""
