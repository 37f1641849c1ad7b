"""`/v1/search`: as you type, over everything in scope (manual § 3.5)."""

from typing import Annotated, Final

import msgspec

from appliance.control import scope, search
from appliance.model.tenants import TenantKey
from appliance.store.database import Database
from appliance.store.search import Hit
from appliance.web.api.operation import OPERATORS, Answer, Call, Family

family = Family("Search")

EACH: Final = 8


class SearchQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`q`: words, each of which has to be found. `tenant`: its slug, to search that one alone.
    `limit`: hits of each kind."""

    q: Annotated[str, msgspec.Meta(max_length=100)] = ""
    tenant: Annotated[str, msgspec.Meta(max_length=64)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = EACH


class Hits(msgspec.Struct):
    """The best hits of each kind; the kinds in a fixed order."""

    data: list[Hit]


@family.get(
    "/v1/search",
    "Extensions, users, tenants, resellers and devices by name, number or handle",
    tiers=OPERATORS,
    any_key=True,
    query=SearchQuery,
    answer=Hits,
    errors=(404,),
)
async def find(call: Call) -> Answer:
    query: SearchQuery = call.query

    def ask(database: Database) -> list[Hit]:
        only: TenantKey | None = None
        if query.tenant:
            only = scope.enter_tenant(call.caller, database, query.tenant).key
        return search.find(call.caller, database, query.q, query.limit, only)

    return Answer(Hits(await call.control.read(ask)))
