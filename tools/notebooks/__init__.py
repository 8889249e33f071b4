"""Makes the notebooks of the chapters, runs them, opens them."""
