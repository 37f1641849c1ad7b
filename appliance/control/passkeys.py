"""Passkeys: WebAuthn credentials, with user verification always, so that one is both factors
(WebAuthn level 3; manual § 20.5)."""

import asyncio
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from appliance.control import account_audit, fields, second_factors
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, Conflict, Invalid, NotFound
from appliance.model.accounts import Account, AccountKey
from appliance.store import credentials
from appliance.store.credentials import Passkey
from appliance.store.moments import EPOCH

MOST: Final = 20
REFUSED: Final = "This passkey was not accepted."
NO_NAME: Final = "Passkeys need the box's name: it was reached by an address."


@dataclass(frozen=True, slots=True)
class Site:
    """Where the page is: `host` is what a passkey is bound to, `origin` what the browser says."""

    host: str
    origin: str


async def load() -> None:
    """Once before the first question: loading what reads passkeys takes half a second, which the
    event loop spends otherwise."""
    await asyncio.to_thread(_webauthn)


def registration(
    account: Account, known: Sequence[Passkey], site: Site, brand: str
) -> tuple[Mapping[str, Any], bytes]:
    """What the browser makes a new passkey by, and the challenge to keep. Raises Conflict for an
    address, which no browser binds a passkey to."""
    _require_name(site)
    structs = _webauthn().helpers.structs
    options = _webauthn().generate_registration_options(
        rp_id=site.host,
        rp_name=brand,
        user_name=account.email or account.username,
        user_display_name=account.name,
        user_id=f"account:{account.key}".encode(),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return json.loads(_webauthn().options_to_json(options)), options.challenge


def registered(
    credential: Mapping[str, Any], challenge: bytes, site: Site, account: AccountKey
) -> Passkey:
    """The passkey that the browser made; without name and moments. Raises Invalid."""
    try:
        made = _webauthn().verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - anybody's bytes in other people's parsers
        raise Invalid.of(credential=REFUSED) from None
    return Passkey(
        0, account, made.credential_id, made.credential_public_key, made.sign_count, "", EPOCH
    )


def add(change: Change, account: Account, made: Passkey, name: str) -> Sequence[str]:
    """Keep it; new recovery codes where the account has none, shown this once. Raises Invalid,
    Conflict (too many, or known)."""
    if len(credentials.passkeys(change.database, account.key)) >= MOST:
        raise Conflict(f"At most {MOST} passkeys.", "limit_reached")
    if credentials.passkey(change.database, made.credential) is not None:
        raise Conflict("This passkey is known already.", "taken")
    named = replace(made, name=fields.name(name), created_at=change.now)
    credentials.add_passkey(change.transaction, named)
    account_audit.record(change, account, "Added passkey", passkey=named.name)
    if credentials.recovery_codes_left(change.database, account.key):
        return ()
    return second_factors.new_recovery_codes(change, account)


def remove(change: Change, account: Account, key: str, needed: bool) -> None:
    """`needed`: the policy asks for a second factor. Raises NotFound, Conflict for the last one."""
    number = int(key) if key.isdecimal() and len(key) < 18 else 0
    left = replace(account, passkeys=account.passkeys - 1)
    if not any(one.key == number for one in credentials.passkeys(change.database, account.key)):
        raise NotFound(NOT_HERE)
    second_factors.require_another(left, needed)
    credentials.remove_passkey(change.transaction, account.key, number)
    if not (left.totp or left.passkeys):
        credentials.put_recovery_codes(change.transaction, account.key, ())
    account_audit.record(change, account, "Removed passkey")


def question(site: Site, known: Sequence[Passkey] = ()) -> tuple[Mapping[str, Any], bytes]:
    """What the browser answers with a passkey, and the challenge to keep. `known` empty: any that
    the person has for this site. Raises Conflict for an address."""
    _require_name(site)
    structs = _webauthn().helpers.structs
    options = _webauthn().generate_authentication_options(
        rp_id=site.host,
        allow_credentials=_descriptors(known),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return json.loads(_webauthn().options_to_json(options)), options.challenge


def _require_name(site: Site) -> None:
    """Raises Conflict."""
    try:
        ipaddress.ip_address(site.host)
    except ValueError:
        return
    raise Conflict(NO_NAME, "no_name")


def credential_id(credential: Mapping[str, Any]) -> bytes:
    """Which passkey an answer is of; b"" where it is none."""
    text = credential.get("rawId") or credential.get("id")
    try:
        return bytes(_webauthn().base64url_to_bytes(text)) if isinstance(text, str) else b""
    except (ValueError, UnicodeError):
        return b""


def answered(
    credential: Mapping[str, Any], challenge: bytes, site: Site, passkey: Passkey
) -> int | None:
    """The new count of signatures of a right answer, else None."""
    try:
        answer = _webauthn().verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - anybody's bytes in other people's parsers
        return None
    return int(answer.new_sign_count)


def _webauthn() -> Any:
    # Loaded when somebody has a passkey: with what it needs it takes 5 MB, which other boxes spare.
    return import_module("webauthn")


def _descriptors(known: Sequence[Passkey]) -> "list[PublicKeyCredentialDescriptor]":
    descriptor = _webauthn().helpers.structs.PublicKeyCredentialDescriptor
    return [descriptor(id=one.credential) for one in known]
