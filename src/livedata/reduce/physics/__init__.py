"""Physics: coordinates of events from geometry and time of arrival."""
