"""Lowering: from the syntax tree of a function to a program."""
