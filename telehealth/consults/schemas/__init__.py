"""What crosses the wire of consultations: signalling, the room's state, notes, the device check."""
