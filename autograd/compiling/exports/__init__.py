"""A compiled function for other languages: arrays.py for JAX and PyTorch, text.py for C."""
