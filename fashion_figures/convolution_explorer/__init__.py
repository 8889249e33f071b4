"""A window slides over a garment: one product sum a place."""
