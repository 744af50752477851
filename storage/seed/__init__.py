"""First content as YAML, each row with its source, and what loads it."""
