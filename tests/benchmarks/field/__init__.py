"""The evaluations by which the field compares its libraries, as scalar programs: python -m tests.benchmarks.field."""
