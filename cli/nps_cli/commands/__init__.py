"""Arguments and output, a module per group of commands; the work is done in the other rooms."""
