"""Numbered migrations: how each file came to its present shape.

A file's `user_version` is the number of migrations that it has had. A migration is SQL that never
changes once released; a new shape is a new one at the end.
"""

from typing import Final

BOX: Final[tuple[str, ...]] = (
    # 1: tenants, extensions, devices; blocks (issue 2)
    """
    CREATE TABLE box_settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE tenants (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        slug TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL);
    CREATE UNIQUE INDEX tenants_slug ON tenants (slug);
    CREATE TABLE extensions (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        tenant_id INTEGER NOT NULL REFERENCES tenants (key),
        number TEXT NOT NULL, name TEXT NOT NULL,
        enabled INTEGER NOT NULL, ring_seconds INTEGER NOT NULL);
    CREATE UNIQUE INDEX extensions_tenant_id_number ON extensions (tenant_id, number);
    CREATE TABLE devices (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        tenant_id INTEGER NOT NULL REFERENCES tenants (key),
        extension_id INTEGER NOT NULL REFERENCES extensions (key),
        username TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
        media_security TEXT NOT NULL, md5_only INTEGER NOT NULL, secret BLOB NOT NULL);
    CREATE INDEX devices_extension_id ON devices (extension_id);
    CREATE UNIQUE INDEX devices_username ON devices (username);
    CREATE TABLE blocks (
        username TEXT NOT NULL, address TEXT NOT NULL, reason TEXT NOT NULL,
        since INTEGER NOT NULL, PRIMARY KEY (username, address));
    """,
)

RECORDS: Final[tuple[str, ...]] = (
    # 1: bindings; call records with their legs (issue 2)
    """
    CREATE TABLE bindings (
        device INTEGER NOT NULL, contact TEXT NOT NULL, instance TEXT NOT NULL,
        reg_id INTEGER NOT NULL, transport TEXT NOT NULL,
        remote_host TEXT NOT NULL, remote_port INTEGER NOT NULL,
        local_host TEXT NOT NULL, local_port INTEGER NOT NULL,
        path TEXT NOT NULL, user_agent TEXT NOT NULL, call_id TEXT NOT NULL,
        cseq INTEGER NOT NULL, registered_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        PRIMARY KEY (device, contact, instance, reg_id)) WITHOUT ROWID;
    CREATE TABLE calls (
        call_key TEXT NOT NULL PRIMARY KEY, tenant INTEGER NOT NULL,
        caller_number TEXT NOT NULL, caller_name TEXT NOT NULL, dialled TEXT NOT NULL,
        started_at INTEGER NOT NULL, answered_at INTEGER, ended_at INTEGER,
        disposition TEXT, ended_by TEXT, reason TEXT NOT NULL,
        answered_number TEXT NOT NULL, timeline TEXT NOT NULL);
    CREATE INDEX calls_started_at ON calls (started_at);
    CREATE INDEX calls_tenant_started_at ON calls (tenant, started_at);
    CREATE INDEX calls_open ON calls (call_key) WHERE ended_at IS NULL;
    CREATE TABLE legs (
        call_key TEXT NOT NULL, position INTEGER NOT NULL, direction TEXT NOT NULL,
        number TEXT NOT NULL, device INTEGER, username TEXT NOT NULL,
        remote_address TEXT NOT NULL, transport TEXT NOT NULL, user_agent TEXT NOT NULL,
        outcome TEXT NOT NULL, codec TEXT NOT NULL, secure_media INTEGER NOT NULL,
        started_at INTEGER, answered_at INTEGER, ended_at INTEGER,
        received_packets INTEGER NOT NULL, received_bytes INTEGER NOT NULL,
        received_lost INTEGER NOT NULL, received_jitter_ms REAL NOT NULL,
        sent_packets INTEGER NOT NULL, sent_bytes INTEGER NOT NULL,
        sent_lost INTEGER NOT NULL, sent_jitter_ms REAL NOT NULL,
        PRIMARY KEY (call_key, position)) WITHOUT ROWID;
    """,
)
