from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.numbering import ECHO_TEST, EchoTest, Nobody, destination
from appliance.model.tenants import TenantKey

ALICE = Extension(ExtensionKey(1), TenantKey(1), "1001", "Alice Tan")


def test_number_of_nobody_is_said_as_dialled() -> None:
    assert destination("1009", {"1001": ALICE}) == Nobody("1009")


def test_service_number_cannot_be_taken_by_an_extension() -> None:
    assert destination(ECHO_TEST, {ECHO_TEST: ALICE}) == EchoTest()


def test_number_leads_to_its_extension() -> None:
    assert destination("1001", {"1001": ALICE}) is ALICE
