"""show(): what becomes of a thing, where it stands, and how often it is drawn."""
