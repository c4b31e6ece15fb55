"""Murals: a server paints one large picture together, tile by tile."""
