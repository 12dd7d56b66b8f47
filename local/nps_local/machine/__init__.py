"""Processes, ports, HTTP and MiniStack on this machine; what runs there is assembled in `stack`."""
