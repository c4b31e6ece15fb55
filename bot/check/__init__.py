"""Checks a set-up for `muralscape check`."""
