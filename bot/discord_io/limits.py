"""Limits of Discord."""

MOST_OPTIONS = 25  # of a menu
MOST_CHOICES = 25  # offered while a member types
