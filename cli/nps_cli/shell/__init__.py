"""The command line itself: stack, options, tables, progress, errors; nothing about NPS."""
