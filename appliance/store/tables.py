"""The tables as peewee sees them. `migrations.py` makes them; a test compares the two.

No model is bound to a database: two boxes may live in one process, so each query is executed on
the database that is handed to it.
"""

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from appliance.store.moments import MomentField


class Table(Model):
    class Meta:
        # Else two models of equal class name would silently share index names.
        legacy_table_names = False


# -- box.db: configuration and identity ---------------------------------------------------------


class BoxSettings(Table):
    """What is fixed once per box, such as its digest realm."""

    name = TextField(primary_key=True)
    value = TextField()


class Resellers(Table):
    """`entitlements` are words with commas. A cap that is null is none."""

    key = AutoField()
    code = TextField(unique=True)
    name = TextField()
    admin_email = TextField()
    plan = TextField()
    region = TextField()
    status = TextField()
    entitlements = TextField()
    max_tenants = IntegerField(null=True)
    max_extensions = IntegerField(null=True)
    max_numbers = IntegerField(null=True)
    max_concurrent_pstn = IntegerField(null=True)
    max_rooms = IntegerField(null=True)
    version = IntegerField()
    created_at = MomentField()


class Tenants(Table):
    """`capabilities` are words with commas. A cap of 0 is none."""

    key = AutoField()
    slug = TextField(unique=True)
    name = TextField()
    status = TextField()
    reseller = ForeignKeyField(Resellers, null=True)
    dial_prefix = TextField()
    country = TextField()
    time_zone = TextField()
    max_extensions = IntegerField()
    max_devices = IntegerField()
    max_numbers = IntegerField()
    max_concurrent_calls = IntegerField()
    capabilities = TextField()
    version = IntegerField()
    created_at = MomentField()


class Extensions(Table):
    key = AutoField()
    tenant = ForeignKeyField(Tenants, index=False)
    number = TextField()
    name = TextField()
    enabled = BooleanField()
    ring_seconds = IntegerField()
    shared = BooleanField()
    direct_did = TextField(null=True)
    caller_id = TextField(null=True)
    version = IntegerField()

    class Meta:
        indexes = ((("tenant", "number"), True),)


class Devices(Table):
    """`secret` is sealed (`keys.py`)."""

    key = AutoField()
    tenant = ForeignKeyField(Tenants)
    extension = ForeignKeyField(Extensions)
    username = TextField(unique=True)
    type = TextField()
    name = TextField()
    media_security = TextField()
    md5_only = BooleanField()
    secret = BlobField()
    version = IntegerField()


class Blocks(Table):
    username = TextField()
    address = TextField()
    reason = TextField()
    since = MomentField()

    class Meta:
        primary_key = CompositeKey("username", "address")


class Mailboxes(Table):
    """`extension` null: a standalone box (manual § 11.3)."""

    key = AutoField()
    tenant = ForeignKeyField(Tenants, index=False)
    number = TextField()
    extension = ForeignKeyField(Extensions, null=True, on_delete="CASCADE")

    class Meta:
        indexes = ((("tenant", "number"), True),)


class Accounts(Table):
    """`password` is a PHC string or null, `totp_secret` sealed, `totp_step` the last one used."""

    key = AutoField()
    tier = TextField()
    reseller = ForeignKeyField(Resellers, null=True)
    tenant = ForeignKeyField(Tenants, null=True, index=False)
    username = TextField()
    name = TextField()
    email = TextField(index=True)
    status = TextField()
    owner = BooleanField()
    password = TextField(null=True)
    force_change = BooleanField()
    email_otp = BooleanField()
    totp_secret = BlobField(null=True)
    totp_step = IntegerField()
    created_at = MomentField()
    last_sign_in_at = MomentField(null=True)
    version = IntegerField()

    class Meta:
        indexes = ((("tenant", "username"), True),)


Accounts.add_index(
    Accounts.index(Accounts.username, unique=True, name="accounts_operator").where(
        (Accounts.tenant.is_null()) | (Accounts.owner == 1)
    )
)


class Links(Table):
    account = ForeignKeyField(Accounts, index=False, on_delete="CASCADE")
    extension = ForeignKeyField(Extensions, on_delete="CASCADE")
    role = TextField()
    position = IntegerField()

    class Meta:
        primary_key = CompositeKey("account", "extension")


class OldPasswords(Table):
    key = AutoField()
    account = ForeignKeyField(Accounts, on_delete="CASCADE")
    password = TextField()
    set_at = MomentField()


class RecoveryCodes(Table):
    key = AutoField()
    account = ForeignKeyField(Accounts, on_delete="CASCADE")
    code_hash = BlobField()


class Passkeys(Table):
    key = AutoField()
    account = ForeignKeyField(Accounts, on_delete="CASCADE")
    credential = BlobField(unique=True)
    public_key = BlobField()
    sign_count = IntegerField()
    name = TextField()
    created_at = MomentField()
    last_used_at = MomentField(null=True)


class Logins(Table):
    """A person's web session. `refresh_hash` opens it once; every token of the
    login, spent ones too, is known by `family_hash`."""

    key = AutoField()
    account = ForeignKeyField(Accounts, on_delete="CASCADE")
    public_id = TextField(unique=True)
    refresh_hash = BlobField()
    family_hash = BlobField()
    address = TextField()
    user_agent = TextField()
    created_at = MomentField()
    used_at = MomentField()
    expires_at = MomentField()


class OneTimeLinks(Table):
    """Invitations and resets."""

    key = AutoField()
    account = ForeignKeyField(Accounts, on_delete="CASCADE")
    kind = TextField()
    token_hash = BlobField(unique=True)
    expires_at = MomentField()


class Places(Table):
    """From where an account has signed in before."""

    account = ForeignKeyField(Accounts, index=False, on_delete="CASCADE")
    place_hash = BlobField()
    seen_at = MomentField()

    class Meta:
        primary_key = CompositeKey("account", "place_hash")


class ApiKeys(Table):
    """`scopes` are words with commas."""

    key = AutoField()
    public_id = TextField(unique=True)
    label = TextField()
    tier = TextField()
    reseller = ForeignKeyField(Resellers, null=True, on_delete="CASCADE")
    tenant = ForeignKeyField(Tenants, null=True, on_delete="CASCADE")
    scopes = TextField()
    secret_hash = BlobField(unique=True)
    made_by = TextField()
    created_at = MomentField()
    expires_at = MomentField(null=True)
    last_used_at = MomentField(null=True)
    revoked_at = MomentField(null=True)


class Audit(Table):
    """Append-only. `reseller` and `tenant` outlive what they name; `detail` is a JSON object."""

    number = IntegerField(primary_key=True)
    at = MomentField()
    actor = TextField()
    action = TextField()
    target = TextField()
    scope = TextField()
    reseller = IntegerField(null=True)
    tenant = IntegerField(null=True)
    address = TextField()
    detail = TextField()
    previous_hash = BlobField()
    hash = BlobField()


class FirstAnswers(Table):
    """What an Idempotency-Key was answered with at first; `answer` is sealed."""

    credential = TextField()
    idempotency_key = TextField()
    fingerprint = BlobField()
    status = IntegerField()
    answer = BlobField()
    at = MomentField(index=True)

    class Meta:
        primary_key = CompositeKey("credential", "idempotency_key")
        without_rowid = True


class Policies(Table):
    """`tenant` 0: the platform's floor."""

    tenant = IntegerField(primary_key=True)
    min_length = IntegerField()
    block_common = BooleanField()
    no_reuse = IntegerField()
    admin_second_factor = BooleanField()
    lockout_fails = IntegerField()
    lockout_minutes = IntegerField()
    version = IntegerField()


class Webhooks(Table):
    """`secret` is sealed; `events` are words with commas."""

    key = AutoField()
    public_id = TextField(unique=True)
    tier = TextField()
    reseller = ForeignKeyField(Resellers, null=True, on_delete="CASCADE")
    tenant = ForeignKeyField(Tenants, null=True, on_delete="CASCADE")
    url = TextField()
    label = TextField()
    events = TextField()
    secret = BlobField()
    status = TextField()
    failing_since = MomentField(null=True)
    created_at = MomentField()
    version = IntegerField()


class Deliveries(Table):
    """Waiting while `next_at` is not null."""

    key = AutoField()
    public_id = TextField(unique=True)
    webhook = ForeignKeyField(Webhooks, on_delete="CASCADE")
    event = TextField()
    body = TextField()
    status = TextField()
    tries = IntegerField()
    created_at = MomentField()
    next_at = MomentField(null=True)
    tried_at = MomentField(null=True)
    answer_status = IntegerField(null=True)
    answer = TextField()


class Mails(Table):
    """`facts`, a JSON object, are what a mail is written from; sealed, since links and codes are
    among them."""

    key = AutoField()
    kind = TextField()
    recipient = TextField()
    facts = BlobField()
    status = TextField()
    tries = IntegerField()
    error = TextField()
    created_at = MomentField()
    next_at = MomentField(null=True)
    sent_at = MomentField(null=True)


BOX_TABLES = (
    *(BoxSettings, Resellers, Tenants, Extensions, Devices, Blocks, Mailboxes),
    *(Accounts, Links, OldPasswords, RecoveryCodes, Passkeys, Logins, OneTimeLinks, Places),
    *(ApiKeys, Audit, FirstAnswers, Policies, Webhooks, Deliveries, Mails),
)


# -- records.db: what happened ------------------------------------------------------------------


class Bindings(Table):
    """`device` names a row of box.db; a row whose device has gone is passed over."""

    device = IntegerField()
    contact = TextField()
    instance = TextField()
    reg_id = IntegerField()
    transport = TextField()
    remote_host = TextField()
    remote_port = IntegerField()
    local_host = TextField()
    local_port = IntegerField()
    path = TextField()
    user_agent = TextField()
    call_id = TextField()
    cseq = IntegerField()
    registered_at = MomentField()
    expires_at = MomentField()

    class Meta:
        primary_key = CompositeKey("device", "contact", "instance", "reg_id")
        without_rowid = True


class Calls(Table):
    """`timeline` is a JSON array of [seconds, event, note]. Open while `ended_at` is null."""

    call_key = TextField(primary_key=True)
    tenant = IntegerField()
    caller_number = TextField()
    caller_name = TextField()
    dialled = TextField()
    started_at = MomentField(index=True)
    answered_at = MomentField(null=True)
    ended_at = MomentField(null=True)
    disposition = TextField(null=True)
    ended_by = TextField(null=True)
    reason = TextField()
    answered_number = TextField()
    timeline = TextField()

    class Meta:
        indexes = ((("tenant", "started_at"), False),)


class Legs(Table):
    call_key = TextField()
    position = IntegerField()
    direction = TextField()
    number = TextField()
    device = IntegerField(null=True)
    username = TextField()
    remote_address = TextField()
    transport = TextField()
    user_agent = TextField()
    outcome = TextField()
    codec = TextField()
    secure_media = BooleanField()
    started_at = MomentField(null=True)
    answered_at = MomentField(null=True)
    ended_at = MomentField(null=True)
    received_packets = IntegerField()
    received_bytes = IntegerField()
    received_lost = IntegerField()
    received_jitter_ms = FloatField()
    sent_packets = IntegerField()
    sent_bytes = IntegerField()
    sent_lost = IntegerField()
    sent_jitter_ms = FloatField()

    class Meta:
        primary_key = CompositeKey("call_key", "position")
        without_rowid = True


RECORDS_TABLES = (Bindings, Calls, Legs)
