"""What evidence does: keeping photos and documents, and erasing them, one by one or with their subject."""
