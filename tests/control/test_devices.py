import re
from itertools import islice

import pytest

from appliance.control.devices import local_names, new_secret, username
from appliance.model.devices import DeviceType


def test_name_that_another_tenant_holds_gets_the_slug() -> None:
    assert username("1001-desk", "helios", {"1001-desk"}.__contains__) == "1001-desk-helios"
    assert username("1001-desk", "helios", set().__contains__) == "1001-desk"


@pytest.mark.parametrize(
    ("type_", "names"),
    [
        (DeviceType.DESK, ["1001-desk", "1001-desk2", "1001-desk3"]),
        (DeviceType.BROWSER, ["1001-web", "1001-web2", "1001-web3"]),
        (DeviceType.MOBILE, ["1001-mobile", "1001-mobile2", "1001-mobile3"]),
    ],
)
def test_devices_of_one_type_are_counted(type_: DeviceType, names: list[str]) -> None:
    assert list(islice(local_names("1001", type_), 3)) == names


def test_secrets_are_long_and_never_alike() -> None:
    made = {new_secret() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9]{4}(-[A-Za-z0-9]{4}){3}", one) for one in made)
