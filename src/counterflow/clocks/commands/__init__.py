"""What changes here, a file each."""
