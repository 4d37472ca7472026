"""What evidence does: `keep_photos`, `erase_photos`, `erase_subjects`."""
