"""The languages that the bot speaks: catalogues of gettext, and the language of a moment.

`speech.py` lists the languages; a new one is a line of its `FILES`.
"""
