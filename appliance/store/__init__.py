"""Stored truth: the only importer of peewee and apsw."""

from appliance.store.store import Store

__all__ = ["Store"]
