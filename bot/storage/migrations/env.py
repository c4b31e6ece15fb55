"""What Alembic runs to migrate: over the connection it is given, in that connection's transaction.

Migrations are written by hand; a test fails while they and the declared tables disagree.
"""

from alembic import context

connection = context.config.attributes["connection"]
# SQLite changes a table by copying it, which Alembic calls a batch.
context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
