"""The map of garments: 5,000 test images as points of a plane, by pixels or by features."""
