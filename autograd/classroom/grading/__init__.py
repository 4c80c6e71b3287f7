"""Grading: points for what holds of a student's engine, for one file or a class, and for other people's graders."""
