"""Starts and ends a local stack: its processes, ports, front door and first steps."""
