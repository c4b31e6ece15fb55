"""The life of a job, from the queue to the delivered painting; knows nothing of Discord."""
