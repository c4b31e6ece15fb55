"""The database, backups, and locks on the data folder and on shards."""
