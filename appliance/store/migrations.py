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
    # 2: the control plane: resellers, accounts and their logins, keys, audit, policy (issue 3)
    """
    CREATE TABLE resellers (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        code TEXT NOT NULL, name TEXT NOT NULL, admin_email TEXT NOT NULL, plan TEXT NOT NULL,
        region TEXT NOT NULL, status TEXT NOT NULL, entitlements TEXT NOT NULL,
        max_tenants INTEGER, max_extensions INTEGER, max_numbers INTEGER,
        max_concurrent_pstn INTEGER, max_rooms INTEGER,
        version INTEGER NOT NULL, created_at INTEGER NOT NULL);
    CREATE UNIQUE INDEX resellers_code ON resellers (code);
    ALTER TABLE tenants ADD COLUMN reseller_id INTEGER REFERENCES resellers (key);
    ALTER TABLE tenants ADD COLUMN dial_prefix TEXT NOT NULL DEFAULT '';
    ALTER TABLE tenants ADD COLUMN country TEXT NOT NULL DEFAULT 'SG';
    ALTER TABLE tenants ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'Asia/Singapore';
    ALTER TABLE tenants ADD COLUMN max_extensions INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tenants ADD COLUMN max_devices INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tenants ADD COLUMN max_numbers INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tenants ADD COLUMN max_concurrent_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tenants ADD COLUMN capabilities TEXT NOT NULL DEFAULT 'outbound,voicemail_to_email';
    ALTER TABLE tenants ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE tenants ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX tenants_reseller_id ON tenants (reseller_id);
    ALTER TABLE extensions ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE extensions ADD COLUMN direct_did TEXT;
    ALTER TABLE extensions ADD COLUMN caller_id TEXT;
    ALTER TABLE extensions ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX extensions_in_order ON extensions (tenant_id, length(number) || number);
    ALTER TABLE devices ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX devices_tenant_id ON devices (tenant_id);
    CREATE TABLE mailboxes (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        tenant_id INTEGER NOT NULL REFERENCES tenants (key),
        number TEXT NOT NULL,
        extension_id INTEGER REFERENCES extensions (key) ON DELETE CASCADE);
    CREATE UNIQUE INDEX mailboxes_tenant_id_number ON mailboxes (tenant_id, number);
    CREATE INDEX mailboxes_extension_id ON mailboxes (extension_id);
    CREATE TABLE accounts (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        tier TEXT NOT NULL,
        reseller_id INTEGER REFERENCES resellers (key),
        tenant_id INTEGER REFERENCES tenants (key),
        username TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
        status TEXT NOT NULL, owner INTEGER NOT NULL, password TEXT,
        force_change INTEGER NOT NULL, email_otp INTEGER NOT NULL,
        totp_secret BLOB, totp_step INTEGER NOT NULL,
        created_at INTEGER NOT NULL, last_sign_in_at INTEGER, version INTEGER NOT NULL);
    CREATE UNIQUE INDEX accounts_operator ON accounts (username) WHERE tenant_id IS NULL OR owner;
    CREATE UNIQUE INDEX accounts_tenant_id_username ON accounts (tenant_id, username);
    CREATE INDEX accounts_email ON accounts (email);
    CREATE INDEX accounts_reseller_id ON accounts (reseller_id);
    CREATE TABLE links (
        account_id INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        extension_id INTEGER NOT NULL REFERENCES extensions (key) ON DELETE CASCADE,
        role TEXT NOT NULL, position INTEGER NOT NULL,
        PRIMARY KEY (account_id, extension_id));
    CREATE INDEX links_extension_id ON links (extension_id);
    CREATE TABLE old_passwords (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        password TEXT NOT NULL, set_at INTEGER NOT NULL);
    CREATE INDEX old_passwords_account_id ON old_passwords (account_id);
    CREATE TABLE recovery_codes (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        code_hash BLOB NOT NULL);
    CREATE INDEX recovery_codes_account_id ON recovery_codes (account_id);
    CREATE TABLE passkeys (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        credential BLOB NOT NULL, public_key BLOB NOT NULL, sign_count INTEGER NOT NULL,
        name TEXT NOT NULL, created_at INTEGER NOT NULL, last_used_at INTEGER);
    CREATE UNIQUE INDEX passkeys_credential ON passkeys (credential);
    CREATE INDEX passkeys_account_id ON passkeys (account_id);
    CREATE TABLE logins (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        public_id TEXT NOT NULL, refresh_hash BLOB NOT NULL, family_hash BLOB NOT NULL,
        address TEXT NOT NULL, user_agent TEXT NOT NULL,
        created_at INTEGER NOT NULL, used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
    CREATE UNIQUE INDEX logins_public_id ON logins (public_id);
    CREATE INDEX logins_account_id ON logins (account_id);
    CREATE TABLE one_time_links (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        kind TEXT NOT NULL, token_hash BLOB NOT NULL, expires_at INTEGER NOT NULL);
    CREATE UNIQUE INDEX one_time_links_token_hash ON one_time_links (token_hash);
    CREATE INDEX one_time_links_account_id ON one_time_links (account_id);
    CREATE TABLE places (
        account_id INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        place_hash BLOB NOT NULL, seen_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, place_hash));
    CREATE TABLE api_keys (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        public_id TEXT NOT NULL, label TEXT NOT NULL, tier TEXT NOT NULL,
        reseller_id INTEGER REFERENCES resellers (key) ON DELETE CASCADE,
        tenant_id INTEGER REFERENCES tenants (key) ON DELETE CASCADE,
        scopes TEXT NOT NULL, secret_hash BLOB NOT NULL, made_by TEXT NOT NULL,
        created_at INTEGER NOT NULL, expires_at INTEGER, last_used_at INTEGER, revoked_at INTEGER);
    CREATE UNIQUE INDEX api_keys_public_id ON api_keys (public_id);
    CREATE UNIQUE INDEX api_keys_secret_hash ON api_keys (secret_hash);
    CREATE INDEX api_keys_tenant_id ON api_keys (tenant_id);
    CREATE INDEX api_keys_reseller_id ON api_keys (reseller_id);
    CREATE TABLE audit (
        number INTEGER NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
        scope TEXT NOT NULL, reseller INTEGER, tenant INTEGER, address TEXT NOT NULL,
        detail TEXT NOT NULL, previous_hash BLOB NOT NULL, hash BLOB NOT NULL);
    CREATE INDEX audit_tenant ON audit (tenant, number);
    CREATE INDEX audit_reseller ON audit (reseller, number);
    CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
        BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_keeps_words BEFORE UPDATE ON audit
        BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
    CREATE TABLE first_answers (
        credential TEXT NOT NULL, idempotency_key TEXT NOT NULL,
        fingerprint BLOB NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (credential, idempotency_key)) WITHOUT ROWID;
    CREATE INDEX first_answers_at ON first_answers (at);
    CREATE TABLE policies (
        tenant INTEGER NOT NULL PRIMARY KEY,
        min_length INTEGER NOT NULL, block_common INTEGER NOT NULL, no_reuse INTEGER NOT NULL,
        admin_second_factor INTEGER NOT NULL, lockout_fails INTEGER NOT NULL,
        lockout_minutes INTEGER NOT NULL, version INTEGER NOT NULL);
    CREATE TABLE webhooks (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        public_id TEXT NOT NULL, tier TEXT NOT NULL,
        reseller_id INTEGER REFERENCES resellers (key) ON DELETE CASCADE,
        tenant_id INTEGER REFERENCES tenants (key) ON DELETE CASCADE,
        url TEXT NOT NULL, label TEXT NOT NULL, events TEXT NOT NULL, secret BLOB NOT NULL,
        status TEXT NOT NULL, failing_since INTEGER, created_at INTEGER NOT NULL,
        version INTEGER NOT NULL);
    CREATE UNIQUE INDEX webhooks_public_id ON webhooks (public_id);
    CREATE INDEX webhooks_tenant_id ON webhooks (tenant_id);
    CREATE INDEX webhooks_reseller_id ON webhooks (reseller_id);
    CREATE TABLE deliveries (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        public_id TEXT NOT NULL,
        webhook_id INTEGER NOT NULL REFERENCES webhooks (key) ON DELETE CASCADE,
        event TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, tries INTEGER NOT NULL,
        created_at INTEGER NOT NULL, next_at INTEGER, tried_at INTEGER,
        answer_status INTEGER, answer TEXT NOT NULL);
    CREATE UNIQUE INDEX deliveries_public_id ON deliveries (public_id);
    CREATE INDEX deliveries_webhook_id ON deliveries (webhook_id, key);
    CREATE INDEX deliveries_next_at ON deliveries (next_at) WHERE next_at IS NOT NULL;
    CREATE TABLE mails (
        key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL, recipient TEXT NOT NULL, facts BLOB NOT NULL, status TEXT NOT NULL,
        tries INTEGER NOT NULL, error TEXT NOT NULL, created_at INTEGER NOT NULL,
        next_at INTEGER, sent_at INTEGER);
    CREATE INDEX mails_next_at ON mails (next_at) WHERE next_at IS NOT NULL;
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
