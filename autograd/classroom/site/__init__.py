"""Builds the site: the live page, the lessons and the demos without Python on the reader's machine."""
