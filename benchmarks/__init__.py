"""Side-by-side measurements of the course's code: ``make bench``."""
