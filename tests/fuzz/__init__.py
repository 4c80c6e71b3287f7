"""Fuzzers: each tries odd input on one room, for ever or for some seconds, and prints its seed.

python -m tests.fuzz.replies 600      ten minutes; a seed behind it tries the same again
"""
