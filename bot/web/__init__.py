"""The bot's own web pages: health, metrics, and full paintings by signed links."""
