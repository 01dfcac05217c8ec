"""The grammar of the application: database, refusals, doors, jobs, time and words."""
