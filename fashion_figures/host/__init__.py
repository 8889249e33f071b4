"""What brings a figure to life: in notebooks, and in the published pages."""
