"""Runs the Rasa domain: one turn of a conversation in one transaction."""
