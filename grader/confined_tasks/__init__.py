"""What runs on students' bytes, in the confined process: see ``confined.py``.

A module's public functions are called with open files first, then with plain data, and return
plain data. They raise `UnreadableError`, with words for people, where a file is not what it
should be. Anything else that they raise is a fault of ours.
"""
