"""Outside things of notifications, one module each."""
