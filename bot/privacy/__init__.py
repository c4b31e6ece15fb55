"""`/privacy`: exports and deletes the data that the bot keeps about a member."""
