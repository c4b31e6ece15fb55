"""A member's painting: the command, the card, the pictures coming in and the result going out."""
