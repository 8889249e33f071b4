"""The confusion matrix, cell by cell, with the images behind each cell."""
