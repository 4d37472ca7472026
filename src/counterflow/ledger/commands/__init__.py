"""What may be done to the books: begin them, bring stock in, lay holds and reservations over it, close and seal."""
