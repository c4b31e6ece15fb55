"""Moving pictures: each frame is painted from the one before, along the motion between them."""
