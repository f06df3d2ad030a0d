"""How numbers become pictures: ticks, words, colours and what a screen has room for. No drawing library, no widgets."""
