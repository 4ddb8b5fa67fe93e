"""Compiled derivatives: programs that are read, lowered, differentiated and emitted as Python again."""
