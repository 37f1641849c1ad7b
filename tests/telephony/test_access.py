"""The gate, as a phone and as an intruder find it (RFC 3261 § 22, manual § 23.2)."""

from dataclasses import replace

import pytest

from appliance.model.subscribers import Subscriber
from appliance.telephony.blocks import BlockSettings
from appliance.telephony.sip.challenge import Challenge
from appliance.telephony.sip.message import Response
from tests.telephony.registration import AT_HOME, Box, FakeBlockStore, Phone, granted

ELSEWHERE = replace(AT_HOME, remote=("198.51.100.66", 5060))
STRICT = BlockSettings(wrong_passwords=3)


def admit(phone: Phone, *headers: str, method: str = "REGISTER") -> Subscriber | Response:
    box = phone.box
    return box.gate.admit(phone.request(*headers, method=method), phone.flow, box.now)


def status(admitted: Subscriber | Response) -> int:
    assert isinstance(admitted, Response)
    return admitted.status


def shape(response: Response) -> tuple[int, str, list[str]]:
    """An answer without what is random in it."""
    challenges = [Challenge.parse(value) for value in response.all("WWW-Authenticate")]
    return response.status, response.reason, [str(replace(c, nonce="n")) for c in challenges]


# What is refused.


def test_without_credentials_every_method_is_challenged_and_nothing_is_counted() -> None:
    box = Box(blocks=STRICT)
    phone = Phone(box)
    for method in ("REGISTER", "INVITE", "SUBSCRIBE") * 5:
        assert status(admit(phone, method=method)) == 401
    assert box.blocks.list() == []
    assert box.state() == "idle"


def test_a_wrong_password_is_challenged_again_and_recorded() -> None:
    box = Box()
    answer = Phone(box, secret="wrong").register()
    assert answer.status == 401
    assert box.state() == "rejected"
    (rejection,) = box.bindings.status(
        box.directory.subscribers["1001-desk"].device.key, 0
    ).rejections
    assert rejection.reason == "wrong secret"
    assert rejection.address == "203.0.113.24:5060"
    assert rejection.user_agent.startswith("Yealink")


def test_interop_7_an_unknown_name_is_answered_like_a_wrong_password() -> None:
    box = Box()
    known = Phone(box, secret="wrong")
    unknown = Phone(box, "2001-desk", secret="wrong")
    assert shape(known.register()) == shape(unknown.register())
    assert shape(box.registrar.register(known.request(), AT_HOME, 0)) == shape(
        box.registrar.register(unknown.request(), AT_HOME, 0)
    )


def test_interop_7_an_unknown_name_costs_the_same_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box()
    asked: list[str] = []
    check = box.gate._nonces.check

    def counting(credentials, method, secrets, now):  # type: ignore[no-untyped-def]
        asked.append(secrets[credentials.algorithm])
        return check(credentials, method, secrets, now)

    monkeypatch.setattr(box.gate._nonces, "check", counting)
    Phone(box, "2001-desk").register()
    Phone(box).register()
    assert len(asked) == 2
    assert len(asked[0]) == len(asked[1]) == 64


def test_interop_7_an_unknown_name_is_blocked_like_any_other() -> None:
    box = Box(blocks=STRICT)
    phone = Phone(box, "2001-desk")
    answers = [phone.register().status for _ in range(4)]
    assert answers == [401, 401, 401, 403]


def test_wrong_passwords_block_the_device_from_that_address_even_with_the_right_one() -> None:
    box = Box(blocks=STRICT)
    intruder = Phone(box, flow=ELSEWHERE, secret="guess")
    assert [intruder.register().status for _ in range(4)] == [401, 401, 401, 403]
    intruder.secret = Phone(box).secret
    assert intruder.register().status == 403
    assert box.state() == "rejected"


def test_a_block_elsewhere_does_not_touch_the_phone_at_home() -> None:
    box = Box(blocks=STRICT)
    intruder = Phone(box, flow=ELSEWHERE, secret="guess")
    for _ in range(4):
        intruder.register()
    assert Phone(box).register().status == 200
    assert [(b.username, b.address) for b in box.blocks.list()] == [("1001-desk", "198.51.100.66")]


def test_nobody_can_lock_a_registered_phone_out_from_behind_its_own_nat() -> None:
    box = Box(blocks=STRICT)
    phone = Phone(box)
    phone.register()
    neighbour = Phone(box, flow=replace(AT_HOME, remote=("203.0.113.24", 61000)), secret="guess")
    for _ in range(20):
        neighbour.register()
    assert box.blocks.list() == []
    assert phone.register().status == 200
    assert box.state() == "registered"


def test_a_lifted_block_lets_the_phone_in_at_once() -> None:
    box = Box(blocks=STRICT)
    phone = Phone(box, secret="old")
    for _ in range(4):
        phone.register()
    assert box.blocks.lift("1001-desk", "203.0.113.24")
    phone.secret = Phone(box).secret
    assert phone.register().status == 200


def test_blocks_outlive_a_restart() -> None:
    store = FakeBlockStore()
    phone = Phone(Box(blocks=STRICT, block_store=store), secret="guess")
    for _ in range(3):
        phone.register()
    assert Phone(Box(block_store=store)).register().status == 403


def test_a_disabled_extension_is_refused_with_its_reason_recorded() -> None:
    box = Box()
    key = box.directory.add(1, "1001-desk", "1001", enabled=False)
    assert Phone(box).register().status == 403
    assert box.state() == "rejected"
    assert box.bindings.status(key, 0).rejections[0].reason == "extension is disabled"


def test_that_an_extension_is_disabled_is_told_only_to_who_knows_its_secret() -> None:
    box = Box()
    box.directory.add(1, "1001-desk", "1001", enabled=False)
    assert Phone(box, secret="guess").register().status == 401


def test_a_digest_for_another_method_is_wrong() -> None:
    box = Box()
    phone = Phone(box)
    authorization = phone.authorization(phone.challenge(), method="REGISTER")
    assert status(admit(phone, authorization, method="INVITE")) == 401


def test_a_digest_for_another_place_is_refused() -> None:
    box = Box()
    phone = Phone(box)
    authorization = phone.authorization(phone.challenge(), uri="sip:elsewhere.example")
    assert status(admit(phone, authorization)) == 400
    authorization = phone.authorization(phone.challenge(), uri="no uri")
    assert status(admit(phone, authorization)) == 400


def test_a_digest_that_differs_in_port_or_user_only_is_good() -> None:
    box = Box()
    phone = Phone(box)
    for uri in (
        "sip:box.example:5060",
        "sip:1001-desk@box.example",
        "sip:BOX.example;transport=tcp",
    ):
        authorization = phone.authorization(phone.challenge(), uri=uri)
        assert isinstance(admit(phone, authorization), Subscriber), uri


def test_a_replayed_request_is_challenged_as_stale_and_not_counted() -> None:
    box = Box(blocks=STRICT)
    phone = Phone(box)
    authorization = phone.authorization(phone.challenge())
    assert isinstance(admit(phone, authorization), Subscriber)
    for _ in range(10):
        answer = admit(phone, authorization)
        assert status(answer) == 401
        assert isinstance(answer, Response)
        assert Challenge.parse(answer.all("WWW-Authenticate")[0]).stale
    assert box.blocks.list() == []


def test_interop_7_an_expired_nonce_is_stale_and_the_password_is_not_asked_for() -> None:
    box = Box()
    phone = Phone(box)
    challenge = phone.challenge()
    box.pass_time(301)
    answer = admit(phone, phone.authorization(challenge))
    assert isinstance(answer, Response)
    assert Challenge.parse(answer.all("WWW-Authenticate")[0]).stale
    assert box.state() == "idle"


def test_nonsense_credentials_are_a_bad_request() -> None:
    box = Box()
    phone = Phone(box)
    authorization = phone.authorization(phone.challenge()).replace("qop=auth,", "qop=auth-int,")
    assert status(admit(phone, authorization)) == 400


def test_a_name_beyond_all_measure_is_a_bad_request() -> None:
    phone = Phone(Box(), "x" * 500)
    assert phone.register().status == 400


def test_credentials_for_another_realm_are_none() -> None:
    phone = Phone(Box())
    other = replace(phone.challenge(), realm="other.example")
    assert status(admit(phone, phone.authorization(other))) == 401


def test_an_invite_with_a_wrong_password_is_no_registration_state() -> None:
    box = Box()
    phone = Phone(box, secret="guess")
    authorization = phone.authorization(phone.challenge(), method="INVITE")
    assert status(admit(phone, authorization, method="INVITE")) == 401
    assert box.state() == "idle"


# What is let in.


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_interop_7_both_algorithms_are_offered_the_stronger_first(algorithm: str) -> None:
    box = Box()
    phone = Phone(box, algorithm=algorithm)
    answer = box.registrar.register(phone.request(), AT_HOME, 0)
    offered = [Challenge.parse(value).algorithm for value in answer.all("WWW-Authenticate")]
    assert offered == ["SHA-256", "MD5"]
    assert phone.register().status == 200


def test_a_device_set_to_md5_is_offered_nothing_else() -> None:
    box = Box()
    box.directory.add(1, "1001-desk", "1001", md5_only=True)
    answer = box.registrar.register(Phone(box).request(), AT_HOME, 0)
    offered = [Challenge.parse(value).algorithm for value in answer.all("WWW-Authenticate")]
    assert offered == ["MD5"]


def test_an_old_baresip_is_offered_what_it_can_read_and_proves_its_secret_with_it() -> None:
    box = Box()
    phone = Phone(box, algorithm="MD5", agent="baresip v1.0.0 (x86_64/linux)")
    answer = box.registrar.register(phone.request(), AT_HOME, 0)
    offered = [Challenge.parse(value).algorithm for value in answer.all("WWW-Authenticate")]
    assert offered == ["MD5"]
    assert phone.register().status == 200
    phone.secret = "not this one"
    assert phone.register().status == 401


def test_the_credential_decides_who_it_is_and_not_from() -> None:
    box = Box()
    phone = Phone(box, "1002-desk")
    authorization = phone.authorization(phone.challenge(), method="INVITE")
    request = phone.request(authorization, method="INVITE", name="1001-desk")
    admitted = box.gate.admit(request, AT_HOME, 0)
    assert isinstance(admitted, Subscriber)
    assert admitted.device.username == "1002-desk"


def test_a_suspended_tenants_phones_stay_registered() -> None:
    box = Box()
    box.directory.add(1, "1001-desk", "1001", suspended=True)
    assert granted(Phone(box).register())


def test_a_nonce_serves_several_requests_with_a_rising_count() -> None:
    box = Box()
    phone = Phone(box)
    challenge = phone.challenge()
    assert isinstance(admit(phone, phone.authorization(challenge)), Subscriber)
    from appliance.telephony.sip.challenge import Credentials

    second = Credentials.answer(
        challenge,
        method="REGISTER",
        uri="sip:box.example",
        username=phone.username,
        password=phone.secret,
        count=2,
    )
    assert isinstance(admit(phone, f"Authorization: {second}"), Subscriber)
