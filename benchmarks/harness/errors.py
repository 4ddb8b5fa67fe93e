"""What a program of a problem may raise."""


class TooLarge(Exception):
    """A tool cannot do this size in sensible time or memory; the text says why."""
