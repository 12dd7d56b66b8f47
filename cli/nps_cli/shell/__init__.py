"""The command line itself: stack, options, tables, progress, errors; it knows no NPS."""
