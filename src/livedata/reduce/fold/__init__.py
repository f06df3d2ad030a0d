"""Folding: from batches to counts."""
