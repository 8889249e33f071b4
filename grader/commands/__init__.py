"""The commands of ``python -m grader``: one file each, with `arguments` and `run`.

``__main__`` imports the file of the command that is given, and no other: so ``--help`` is quick.
"""
