"""What Somos remembers: models, queries, migrations and the seed. It knows no other package."""
