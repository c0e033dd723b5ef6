"""Accounts, sessions, and authentication.

Owns: users, sessions, API keys, mail tokens, two-factor secrets, linked identities, data exports. Publishes:
user.*, preferences.*, export.*, and internal events that trigger mails. Reacts to: export.asked.
"""

from __future__ import annotations

from studyteddy.features.auth import jobs
from studyteddy.features.auth.api import account_deletion as account_deletion_api
from studyteddy.features.auth.api import accounts as accounts_api
from studyteddy.features.auth.api import admin as admin_api
from studyteddy.features.auth.api import api_keys as api_keys_api
from studyteddy.features.auth.api import audit_log as audit_log_api
from studyteddy.features.auth.api import avatar as avatar_api
from studyteddy.features.auth.api import data_export as data_export_api
from studyteddy.features.auth.api import email_verification as email_verification_api
from studyteddy.features.auth.api import oauth as oauth_api
from studyteddy.features.auth.api import password_reset as password_reset_api
from studyteddy.features.auth.api import passwords as passwords_api
from studyteddy.features.auth.api import profile as profile_api
from studyteddy.features.auth.api import sessions as sessions_api
from studyteddy.features.auth.api import two_factor as two_factor_api
from studyteddy.features.auth.store import accounts, api_keys, data_export, oauth, one_time_tokens, sessions, two_factor
from studyteddy.platform.feature import Feature

FEATURE = Feature(
    routers=(
        account_deletion_api.router,
        accounts_api.router,
        admin_api.router,
        api_keys_api.router,
        audit_log_api.router,
        avatar_api.router,
        data_export_api.router,
        email_verification_api.router,
        oauth_api.router,
        password_reset_api.router,
        passwords_api.router,
        profile_api.router,
        sessions_api.router,
        two_factor_api.router,
    ),
    jobs=(jobs.jobs,),
    data_exports=(
        *accounts.DATA_EXPORTS,
        *sessions.DATA_EXPORTS,
        *api_keys.DATA_EXPORTS,
        *oauth.DATA_EXPORTS,
        *data_export.DATA_EXPORTS,
        *one_time_tokens.DATA_EXPORTS,
        *two_factor.DATA_EXPORTS,
    ),
    retention=(*sessions.RETENTION, *one_time_tokens.RETENTION, *oauth.RETENTION),
    sealed_columns=(*two_factor.SEALED_COLUMNS,),
)
