"""How a mail looks and what it says; when it is sent is decided elsewhere."""
