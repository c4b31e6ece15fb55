"""A server's library of styles."""
