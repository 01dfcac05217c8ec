"""Outside things of reports: the typesetter."""
