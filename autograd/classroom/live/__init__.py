"""The live page: a lesson beside what it makes, run anew at every save."""
