"""The acts of returns, one file each: open, decide, cancel, close."""
