"""Arguments and output, one module per group of commands. The other packages do the work."""
