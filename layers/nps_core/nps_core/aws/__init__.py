"""The SDK's clients and DynamoDB's item format; each room stores its own nouns."""
