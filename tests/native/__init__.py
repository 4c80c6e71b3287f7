"""Tests of autograd/native."""
