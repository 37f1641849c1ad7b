from appliance.telephony.sip.grammar import is_token
from appliance.telephony.sip.types import MAGIC, new_branch, new_call_id, new_tag


def test_a_thousand_names_of_each_kind_are_all_different() -> None:
    for make in (new_tag, new_branch, new_call_id):
        assert len({make() for _ in range(1000)}) == 1000


def test_names_are_tokens_that_need_no_quotes() -> None:
    assert is_token(new_tag())
    assert is_token(new_call_id())
    assert is_token(new_branch())


def test_a_branch_is_one_of_rfc_3261() -> None:
    assert new_branch().startswith(MAGIC)
    assert len(new_branch()) > len(MAGIC)
