"""Decodes pictures from outside in a child process that can be killed.

`messages` says what is asked and answered, `child` runs in the child, `client` starts one and asks
it. None of them loads Pillow into the process that asks; `engine.decoding.pictures` does.
"""
