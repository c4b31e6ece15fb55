"""A server's own settings: where its members may paint, and who may do what."""
