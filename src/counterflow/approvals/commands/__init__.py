"""The acts of approvals, one file each."""
