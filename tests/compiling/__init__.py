"""Tests of autograd/compiling."""
