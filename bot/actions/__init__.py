"""All that the bot does: rasa-sdk actions, a module a topic."""
