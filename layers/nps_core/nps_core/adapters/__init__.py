"""The only place with boto3 and requests: adapters implement the Protocols of the core."""
