"""The declaration of a feature: its routes, jobs, data exports, and retention."""

from __future__ import annotations

import msgspec

from studyteddy.platform.jobs.registry import Jobs
from studyteddy.platform.privacy.data_export import TableExport
from studyteddy.platform.privacy.retention import Retention
from studyteddy.platform.security.encryption import SealedColumn
from studyteddy.platform.web.routing import Router


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `bootstrap` registers for a feature."""

    routers: tuple[Router, ...] = ()
    jobs: tuple[Jobs, ...] = ()
    data_exports: tuple[TableExport, ...] = ()
    """Every table of the feature with rows of a user."""
    retention: tuple[Retention, ...] = ()
    sealed_columns: tuple[SealedColumn, ...] = ()
    event_schemas: tuple[type[msgspec.Struct], ...] = ()
    """Structs that appear only in events, so no route documents them."""
