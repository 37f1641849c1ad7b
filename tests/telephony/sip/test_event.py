import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.event import Event


@pytest.mark.parametrize("text", ["", ";id=1", "a b", "refer;id=1;id=2"])
def test_no_event(text: str) -> None:
    with pytest.raises(Malformed):
        Event.parse(text)


def test_round_trip() -> None:
    assert Event.parse("refer;id=93809824") == Event("refer", {"id": "93809824"})
    assert str(Event("refer", {"id": "93809824"})) == "refer;id=93809824"


def test_a_package_without_id_and_in_other_case() -> None:
    event = Event.parse("Presence.WInfo ; x")
    assert (event.package, event.id) == ("presence.winfo", "")
