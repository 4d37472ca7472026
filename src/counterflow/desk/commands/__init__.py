"""The acts of the desk, one file each."""
