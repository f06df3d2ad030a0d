"""Geometry of instruments from NeXus: chains of transformations, pixel offsets, shapes, older distances and angles."""
