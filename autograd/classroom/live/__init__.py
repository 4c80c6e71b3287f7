"""The live page: shows a lesson beside its results, and runs it again at every save."""
