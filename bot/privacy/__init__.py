"""What the bot keeps about a member: shown to them, and removed when they ask."""
