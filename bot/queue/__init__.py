"""`/queue`: where paintings stand, and cancelling them."""
