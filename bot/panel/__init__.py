"""The staff panel at `/panel`: pages in Spanish for those who review, answer and hand in."""
