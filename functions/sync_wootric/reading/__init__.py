"""The steps of a run that read the source: lists, people and pages; `watch` reports findings."""
