"""A headless service: histograms of topics, asked for by JSON commands on a topic and published on topics.

It obeys the commands of just-bin-it, so that its clients go on as they are, and `livedata`'s own descriptions.
"""
