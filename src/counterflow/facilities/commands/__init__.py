"""What may be done about nodes: record them and their totes, say whose messages are facts there."""
