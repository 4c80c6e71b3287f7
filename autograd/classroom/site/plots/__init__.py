"""The plots of the lessons where there is no matplotlib, which is too large to come along with a page.

In the browser `import matplotlib.pyplot` finds pyplot.py. It has what the lessons use, by the names of matplotlib and
with its meanings. What it does not have it refuses with a sentence.
"""
