from collections.abc import Sequence

import apsw
import pytest
from peewee import Model
from playhouse.apsw_ext import APSWDatabase

from appliance.store.migrations import BOX, RECORDS
from appliance.store.tables import BOX_TABLES, RECORDS_TABLES

Shape = dict[str, set[tuple[object, ...]]]


def shape(file: apsw.Connection, table: str) -> Shape:
    """A table's columns, and the columns of its unique indexes."""
    columns = set(
        file.execute(f"SELECT name, type, [notnull], pk FROM pragma_table_info('{table}')")
    )
    unique = {
        tuple(name for (name,) in file.execute(f"SELECT name FROM pragma_index_info('{index}')"))
        for (index,) in file.execute(
            f"SELECT name FROM pragma_index_list('{table}') WHERE [unique] AND origin = 'c'"
        )
    }
    return {"columns": columns, "unique": unique}


@pytest.mark.parametrize(
    ("migrations", "tables"), [(BOX, BOX_TABLES), (RECORDS, RECORDS_TABLES)], ids=["box", "records"]
)
def test_migrations_lead_to_the_tables_that_peewee_knows(
    migrations: Sequence[str], tables: Sequence[type[Model]]
) -> None:
    migrated = apsw.Connection(":memory:")
    for migration in migrations:
        list(migrated.execute(migration))
    declared = APSWDatabase(":memory:")
    with declared.bind_ctx(tables):
        declared.create_tables(tables)
    names = {table._meta.table_name for table in tables}
    there = {
        name
        for (name,) in migrated.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("sqlite_")
    }
    assert there == names
    for name in names:
        assert shape(migrated, name) == shape(declared.connection(), name), name
