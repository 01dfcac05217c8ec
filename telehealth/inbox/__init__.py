"""The health inbox: what waits for a person to read, fill in or sign, and what is done."""
