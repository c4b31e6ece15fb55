"""The metadata of all tables.

Each table is declared with it in the `tables.py` of its feature, and made by a migration in
`migrations/versions`. Constraints have names by convention, because a migration can only change a
constraint that has a name. Rows about members or servers are served by the feature's
`personal_data` and `guild_data`.
"""

from sqlalchemy import MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
