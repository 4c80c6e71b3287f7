"""Tests of autograd/classroom."""
