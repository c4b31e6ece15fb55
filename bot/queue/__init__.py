"""`/queue`: shows the places of paintings, and cancels them."""
