"""Alembic migrations, oldest first by their file names."""
