"""Tests of murals."""
