"""Fixtures of the tests of languages: those of the end-to-end tests."""

from tests.end_to_end.conftest import data_dir

__all__ = ["data_dir"]
