"""The outermost room: settings, addresses, the embedded database and the command line."""
