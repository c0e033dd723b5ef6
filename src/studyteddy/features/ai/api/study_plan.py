"""The study plan."""

from __future__ import annotations

from collections.abc import Mapping

from studyteddy.features.ai.schemas.study_plan import NewStudyPlan, StudyPlan
from studyteddy.features.ai.service import study_plan
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai")


@router.post("/study-plan", scope="read", errors=(UnknownSubject,))
async def propose_study_plan(
    tx: Tx, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity, body: NewStudyPlan
) -> StudyPlan:
    """Propose which open tasks to work on in the next days: what is due first comes first. Nothing is saved."""
    await spend(limiter, limits["ai_plan"], identity.user_id.hex)
    return await study_plan.propose(tx, body)
