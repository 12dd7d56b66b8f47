"""What other systems send and take, a folder each; what is stored of it lives elsewhere."""
