"""Processes, ports, HTTP and MiniStack on this machine; `stack` assembles them."""
