"""Messages for people: one line, a table with pictures, plain words for numbers and times."""
