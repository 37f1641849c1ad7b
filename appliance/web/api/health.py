"""`/v1/health`: the components that every call depends on (manual § 22.4)."""

import msgspec

from appliance.control.live import Component, Live
from appliance.web.api.operation import OPERATORS, PLATFORM, Answer, Call, Family

family = Family("Service health")


class GroupView(msgspec.Struct):
    """`status` is `operational`, or how many are not, such as `1 degraded`."""

    name: str
    status: str
    components: list[Component]


class HealthView(msgspec.Struct):
    """`groups` are for the platform's operators; empty for others."""

    status: str
    groups: list[GroupView]


@family.get(
    "/v1/health",
    "Live state of the components that every call depends on",
    tiers=OPERATORS,
    any_key=True,
    answer=HealthView,
)
async def health(call: Call) -> Answer:
    components = call.part(Live).components()
    groups: dict[str, list[Component]] = {}
    for one in components:
        groups.setdefault(one.group, []).append(one)
    shown = [GroupView(name, status_of(them), them) for name, them in groups.items()]
    healthy = all(group.status == "operational" for group in shown)
    seen = shown if call.caller.tier in PLATFORM else []
    return Answer(HealthView("operational" if healthy else "degraded", seen))


def status_of(components: list[Component]) -> str:
    """The pill of a group: degraded the moment one of its members is."""
    ill = sum(one.state != "up" for one in components)
    return f"{ill} degraded" if ill else "operational"
