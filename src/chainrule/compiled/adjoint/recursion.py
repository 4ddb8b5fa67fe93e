"""The reverse of a call of a function of the program."""
