"""Tests of autograd/pictures."""
