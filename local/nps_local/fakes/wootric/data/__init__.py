"""The account's data: model, order, invented content, and how rows look."""
