"""An exit gate in the air: tags, antennas, people. Knows the truth of each walk and nothing of how
the gateway decides. `python -m gatesim` runs all of it and prints the confusion matrix.
"""
