"""What a home hub needs beside the command: a systemd unit, its user, its settings."""
