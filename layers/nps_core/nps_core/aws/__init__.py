"""The SDK's clients and DynamoDB's item format; what a noun stores lives in that noun's room."""
