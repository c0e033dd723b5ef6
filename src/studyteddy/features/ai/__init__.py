"""AI: assignments split into steps, tutoring, and what it may cost.

Owns: proposals, chats, own keys, and the ledger of what was sent to providers. Publishes: ai_key.changed. Reacts to:
nothing.
"""

from __future__ import annotations

from studyteddy.features.ai import jobs
from studyteddy.features.ai.api import chats as chats_api
from studyteddy.features.ai.api import estimates as estimates_api
from studyteddy.features.ai.api import material as material_api
from studyteddy.features.ai.api import memory as memory_api
from studyteddy.features.ai.api import own_keys as own_keys_api
from studyteddy.features.ai.api import proposals as proposals_api
from studyteddy.features.ai.api import questions as questions_api
from studyteddy.features.ai.api import study_plan as study_plan_api
from studyteddy.features.ai.api import usage as usage_api
from studyteddy.features.ai.store import chats, exercises, material, memory, own_keys, proposals, questions, usage
from studyteddy.platform.feature import Feature

FEATURE = Feature(
    routers=(
        proposals_api.router,
        chats_api.router,
        material_api.router,
        memory_api.router,
        questions_api.router,
        study_plan_api.router,
        own_keys_api.router,
        estimates_api.router,
        usage_api.router,
    ),
    jobs=(jobs.jobs,),
    data_exports=(
        *usage.DATA_EXPORTS,
        *proposals.DATA_EXPORTS,
        *chats.DATA_EXPORTS,
        *exercises.DATA_EXPORTS,
        *memory.DATA_EXPORTS,
        *material.DATA_EXPORTS,
        *questions.DATA_EXPORTS,
        *own_keys.DATA_EXPORTS,
    ),
    retention=(*usage.RETENTION, *proposals.RETENTION, *exercises.RETENTION),
    sealed_columns=(*own_keys.SEALED_COLUMNS,),
)
