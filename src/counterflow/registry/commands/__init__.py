"""How rooms change their master data and tell the history, and how files of it wait between preview and taking over."""
