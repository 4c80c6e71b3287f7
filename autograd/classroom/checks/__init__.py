"""check: facts about a student's own engine, and the answers of exercises."""
