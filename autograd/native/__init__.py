"""The native engine: the Value of engine.py at the speed of C, and what builds it."""
