"""The settings of servers: channels, roles, limits, privacy of results, and the gallery."""
