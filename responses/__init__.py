"""How Somos says things: templates by topic, languages, formats. It knows no other package."""
