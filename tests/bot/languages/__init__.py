"""Tests of bot/languages: what members and visitors read, in every language."""
