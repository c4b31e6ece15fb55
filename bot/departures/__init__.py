"""Departures of servers and members: ends what is under way, and deletes data later."""
