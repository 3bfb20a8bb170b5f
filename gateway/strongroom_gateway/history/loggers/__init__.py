"""Exports of loggers: how a file is laid out, and its rows as readings. What is not certain is asked
for (options) or refused; nothing is guessed.
"""
