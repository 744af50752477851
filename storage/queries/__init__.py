"""Plain async functions that read and insert rows; the session comes first, nobody commits."""
