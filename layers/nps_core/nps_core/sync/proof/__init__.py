"""What is proven to equal the source and what is not; reading it again is `reading`."""
