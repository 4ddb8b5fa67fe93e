"""Random programs with loops, branches, writes and views: compiled derivatives against recorded and sampled ones.

``python -m tests.fuzz --programs 5000 --seed 0`` runs them in bulk; `generate` writes a program, `check` tries it,
`shrink` makes a failing one small.
"""
