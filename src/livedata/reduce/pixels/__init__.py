"""Pixels: their arrangement, what is seen of them, masks and regions."""
