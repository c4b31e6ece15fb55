"""Style challenges: members paint to one theme, vote without seeing names, and somebody wins."""
