"""Sheets that staff bring in (workshops, events): all rows are right, or none is kept."""
