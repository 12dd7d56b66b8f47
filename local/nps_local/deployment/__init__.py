"""Builds the artifacts and deploys template.yaml onto the local AWS."""
