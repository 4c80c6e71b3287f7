"""Tests of autograd/transforms."""
