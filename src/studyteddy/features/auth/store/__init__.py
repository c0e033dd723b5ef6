"""Every statement of auth, by noun."""

from studyteddy.features.auth.store import accounts, factors, identities, leaving, mail_tokens, sessions
from studyteddy.features.auth.store import keys as api_keys
from studyteddy.features.auth.store.accounts import (
    add,
    clockwork,
    disarm,
    find,
    get,
    lock,
    mark_verified,
    password_hash,
    preferences,
    set_avatar,
    set_password,
    set_preferences,
    update,
)
from studyteddy.features.auth.store.factors import (
    SEALED,
    begin_factor,
    confirm_factor,
    end_factor,
    factor_begun,
    factor_secret,
    factor_state,
    take_step,
    use_recovery_code,
)
from studyteddy.features.auth.store.identities import add_flow, consume_flow, find_linked, link
from studyteddy.features.auth.store.keys import add_key, holder, keys, note_use, revoke_key, revoke_keys
from studyteddy.features.auth.store.leaving import (
    accounts_to_end,
    accounts_to_erase,
    add_export,
    delete_export,
    erase,
    exports,
    finish_export,
    get_export,
    overdue_exports,
    progress_export,
    schedule_deletion,
)
from studyteddy.features.auth.store.mail_tokens import add_token, consume_token, forget_tokens
from studyteddy.features.auth.store.sessions import (
    begin_session,
    devices,
    lock_session,
    owner_of,
    revoke,
    revoke_others,
    rotate,
)
from studyteddy.features.auth.store.support import disable, find_supported, get_supported, set_role

HOLDINGS = [
    *accounts.HOLDINGS,
    *sessions.HOLDINGS,
    *api_keys.HOLDINGS,
    *identities.HOLDINGS,
    *leaving.HOLDINGS,
    *mail_tokens.HOLDINGS,
    *factors.HOLDINGS,
]

__all__ = [
    "HOLDINGS", "SEALED", "accounts_to_end", "accounts_to_erase", "add", "add_export", "add_flow", "add_key",
    "add_token", "begin_factor", "begin_session", "clockwork", "confirm_factor", "consume_flow", "consume_token",
    "delete_export", "devices", "disable", "disarm", "end_factor", "erase", "exports", "factor_begun", "factor_secret",
    "factor_state", "find", "find_linked", "find_supported", "finish_export", "forget_tokens", "get", "get_export",
    "get_supported", "holder", "keys", "link", "lock", "lock_session", "mark_verified", "note_use", "overdue_exports",
    "owner_of", "password_hash", "preferences", "progress_export", "revoke", "revoke_key", "revoke_keys",
    "revoke_others", "rotate", "schedule_deletion", "set_avatar", "set_password", "set_preferences", "set_role",
    "take_step", "update", "use_recovery_code",
]  # fmt: skip
