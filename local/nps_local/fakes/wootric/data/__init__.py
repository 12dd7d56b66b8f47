"""The account's data: model, order, generated content, and REST views."""
