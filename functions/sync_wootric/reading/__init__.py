"""The steps of a run that read the source: lists, people, and what becomes of a page."""
