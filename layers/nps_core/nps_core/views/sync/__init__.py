"""What the sync is asked, does and reports, and where it stands."""
