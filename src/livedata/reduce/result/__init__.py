"""Results: histograms and snapshots of them, and what people do with them."""
