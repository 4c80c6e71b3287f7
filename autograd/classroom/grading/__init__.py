"""Gives points for what a student's engine can do: for one file, for a class, and for other grading tools."""
