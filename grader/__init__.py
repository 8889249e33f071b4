"""Graded assignments: released with nbgrader, graded in isolation. See README.md."""
