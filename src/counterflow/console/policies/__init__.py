"""What the pages of policies are made of: tables in words, what may be done, facts that are tried, the editor."""
