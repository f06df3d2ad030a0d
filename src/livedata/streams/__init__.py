"""Typed timelines of events and logs: live topics, their history and files behind one small interface."""
