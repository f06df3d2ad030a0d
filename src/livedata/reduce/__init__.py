"""Axes, layouts, kernels and views: events become histograms here, wherever they came from."""
