"""The languages that the bot speaks: catalogues of gettext, and the language of a moment."""
