"""What Somos does: channels, dialogue, actions, delivery, services, matrices, command line."""
