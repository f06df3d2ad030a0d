"""Messages nobody meant to send: mutated by chance, or guided by what they reach in the code."""
