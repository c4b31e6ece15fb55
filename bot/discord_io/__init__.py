"""The Discord adapter: the client, answers to interactions, components, and sending messages."""
