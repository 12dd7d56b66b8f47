"""What `nps redrive` and `nps replay` do again; what they repair is stored by the core."""
