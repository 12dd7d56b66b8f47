"""The steps of a run that read the source: lists, people, pages; `watch` hears what they show."""
