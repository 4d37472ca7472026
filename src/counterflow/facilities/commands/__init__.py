"""What may be done about nodes: record them, say whose messages are facts there."""
