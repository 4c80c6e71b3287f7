"""Tests of autograd/engine.py, the Value and its backward(), on both engines."""
