"""Rules that write, and searches that need more than a query. They take an open session."""
