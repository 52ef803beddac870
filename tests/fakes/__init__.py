"""Signals, runs and rows with known numbers, for tests.

`runs` makes signals, runs of every kind of study and rows of fits with given scores. `searches`
goes through a search on a landscape whose optimum is known. `maps` makes stores of maps and
populations of signals whose optima are known.
"""
