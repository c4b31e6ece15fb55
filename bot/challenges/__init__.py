"""Style challenges: members paint to one theme, and vote on the entries without seeing names."""
