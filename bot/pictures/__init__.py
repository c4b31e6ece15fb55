"""Pictures: taken in, stored by content, shrunk to thumbnails, and deleted when unused."""
