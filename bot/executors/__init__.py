"""Executors: whatever paints jobs, on this machine or on others, behind one protocol."""
