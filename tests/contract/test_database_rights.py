"""What a service's role may do in its database: read and write rows, and nothing that runs as somebody else. And that
no row is written into an index that another one contains.
"""

import asyncpg
import pytest

from deploy.embedded.databases import Databases
from shared.run.discovery import SERVICES
from tests.integration.conftest import databases  # noqa: F401  the fixture
from tests.stack import migrated

DEFINERS = """
select p.oid::regprocedure::text as name, coalesce(p.proconfig, '{}') as config, r.rolname as owner
from pg_proc p join pg_roles r on r.oid = p.proowner join pg_namespace n on n.oid = p.pronamespace
where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')
"""
RIGHTS = """
select has_database_privilege($1, current_database(), 'temporary') as temporary,
  has_database_privilege($1, current_database(), 'create') as schemas,
  array(select nspname::text from pg_namespace where has_schema_privilege($1, oid, 'create')) as objects,
  array(select relname::text from pg_class where relowner = (select oid from pg_roles where rolname = $1)) as owned,
  array(select relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where relkind in ('r', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema'
          and has_table_privilege($1, c.oid, 'truncate, references, trigger')) as reshaped,
  (select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles where rolname = $1) as powerful
"""

CONTAINED = """
with sorted as (
  select i.indexrelid::regclass::text as name, i.indrelid, i.indisunique, c.relam, i.indoption::text as directions,
    pg_get_expr(i.indpred, i.indrelid) as part, i.indnatts,
    array(select pg_get_indexdef(i.indexrelid, place, false) from generate_series(1, i.indnkeyatts) as place) as keys
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and not exists (select from pg_inherits where inhrelid = i.indexrelid)
)
select one.name, other.name as instead from sorted one
join sorted other on other.indrelid = one.indrelid and other.name <> one.name and other.relam = one.relam
  and other.part is not distinct from one.part and other.keys[:cardinality(one.keys)] = one.keys
  and starts_with(other.directions, one.directions) and other.indnatts >= one.indnatts
where not one.indisunique
"""


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, databases: Databases) -> str:  # noqa: F811  the fixture
    name = str(request.param)
    migrated(databases, name)
    return name


async def test_what_runs_as_the_owner_looks_for_names_in_its_own_schemas_first(
    service: str,
    databases: Databases,  # noqa: F811  the fixture
) -> None:
    connection = await asyncpg.connect(databases.superuser_dsn(service))
    try:
        definers = await connection.fetch(DEFINERS)
    finally:
        await connection.close()
    assert definers or service not in {"contacts", "marketing"}
    for function in definers:
        (path,) = [value for value in function["config"] if value.startswith("search_path=")]
        places = [place.strip() for place in path.partition("=")[2].split(",")]
        assert places[-1] == "pg_temp", function["name"]
        assert len(places) > 1, function["name"]
        assert not {"", '""', '"$user"', "pg_temp"} & set(places[:-1]), function["name"]
        assert function["owner"] == f"{service}_owner"


async def test_service_makes_nothing_in_its_database(service: str, databases: Databases) -> None:  # noqa: F811  the fixture
    connection = await asyncpg.connect(databases.superuser_dsn(service))
    try:
        (rights,) = await connection.fetch(RIGHTS, service)
    finally:
        await connection.close()
    assert dict(rights) == {
        "temporary": False,
        "schemas": False,
        "objects": [],
        "owned": [],
        "reshaped": [],
        "powerful": False,
    }


@pytest.mark.parametrize("service", ["marketing"], indirect=True)
async def test_temporary_table_cannot_stand_in_for_the_owners(service: str, databases: Databases) -> None:  # noqa: F811  the fixture
    """The attack itself: a table of the session in front of the one that the function means."""
    connection = await asyncpg.connect(databases.dsn(service))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("create temporary table message_default (triggered_at timestamptz)")
        assert await connection.fetchval("select open_message_month('2031-01-01')") is True
    finally:
        await connection.close()


async def test_no_index_is_the_beginning_of_another(
    service: str,
    databases: Databases,  # noqa: F811  the fixture
) -> None:
    """Every row would be written into both, for what one of them answers. Of two that are equal both are named."""
    connection = await asyncpg.connect(databases.superuser_dsn(service))
    try:
        found = [(row["name"], row["instead"]) for row in await connection.fetch(CONTAINED)]
    finally:
        await connection.close()
    assert found == []
