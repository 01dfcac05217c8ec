"""The HTTP doors: the only part of the core that knows Flask (with `core.sockets`)."""
