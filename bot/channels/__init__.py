"""One file a channel: payload in, Outgoing out."""
