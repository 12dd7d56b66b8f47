"""In-memory implementations of the ports, and AWS services over HTTP."""
