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


class Tenants(Table):
    key = AutoField()
    slug = TextField(unique=True)
    name = TextField()
    status = TextField()


class Extensions(Table):
    key = AutoField()
    tenant = ForeignKeyField(Tenants, index=False)
    number = TextField()
    name = TextField()
    enabled = BooleanField()
    ring_seconds = IntegerField()

    class Meta:
        indexes = ((("tenant", "number"), True),)


class Devices(Table):
    """`secret` is sealed (`keys.py`)."""

    key = AutoField()
    tenant = ForeignKeyField(Tenants, index=False)
    extension = ForeignKeyField(Extensions)
    username = TextField(unique=True)
    type = TextField()
    name = TextField()
    media_security = TextField()
    md5_only = BooleanField()
    secret = BlobField()


class Blocks(Table):
    username = TextField()
    address = TextField()
    reason = TextField()
    since = MomentField()

    class Meta:
        primary_key = CompositeKey("username", "address")


BOX_TABLES = (BoxSettings, Tenants, Extensions, Devices, Blocks)


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
