"""How fast the hot paths are, beside their peers: ``python -m benchmarks``."""
