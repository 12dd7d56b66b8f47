"""Real handlers on moto, DynamoDB Local or MiniStack."""
