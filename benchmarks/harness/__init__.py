"""What runs the problems: a process for each tool, rounds in which each is asked in turn, checks, tables and plots."""
