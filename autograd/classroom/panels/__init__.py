"""show(): how a thing is shown, where, and how often it is drawn."""
