"""Garments of the data set in pictures as people take them, and how they are answered."""
