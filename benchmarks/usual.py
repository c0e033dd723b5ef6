"""A common stack: FastAPI, pydantic, SQLAlchemy's async ORM on asyncpg, and PyJWT on each request.

Written as the manuals of these libraries show, on the same tables: the session is a dependency, rows become objects,
objects become pydantic models, and the event, its number and its jobs are added to the session that commits the change.
It has no rate limits, request ids, security headers or metrics, and its role bypasses row-level security.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy import ARRAY, Computed, DateTime, Identity, Text, and_, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, joinedload, mapped_column, relationship

from studyteddy.platform.ids import new_id
from studyteddy.platform.settings import Settings

Status = Literal["pending", "in_progress", "completed", "cancelled"]
Priority = Literal["low", "medium", "high", "urgent"]


class Base(DeclarativeBase):
    """Base class of all tables."""

    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}  # noqa: RUF012 - as in the manual


class UserRow(Base):
    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    time_zone: Mapped[str]
    day_start: Mapped[int]


class SubjectRow(Base):
    __tablename__ = "subjects"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class TaskRow(Base):
    __tablename__ = "tasks"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID | None]
    title: Mapped[str]
    description: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    priority: Mapped[str]
    due_date: Mapped[date | None]
    due_at: Mapped[datetime | None]
    due_zone: Mapped[str | None]
    due_sort: Mapped[datetime] = mapped_column(Computed(""), deferred=True)
    start_date: Mapped[date | None]
    estimated_minutes: Mapped[int | None]
    actual_minutes: Mapped[int] = mapped_column(default=0)
    labels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    subtask_count: Mapped[int] = mapped_column(default=0)
    subtasks_completed: Mapped[int] = mapped_column(default=0)
    completed_at: Mapped[datetime | None]
    completed_on: Mapped[date | None]
    on_time: Mapped[bool | None]
    completions: Mapped[int] = mapped_column(default=0)
    series_id: Mapped[UUID | None]
    occurrence: Mapped[str | None]
    recurrence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    subject: Mapped[SubjectRow | None] = relationship(
        primaryjoin=lambda: and_(
            SubjectRow.user_id == foreign(TaskRow.user_id), SubjectRow.id == foreign(TaskRow.subject_id)
        ),
        viewonly=True,
    )

    @property
    def subject_name(self) -> str | None:
        return self.subject.name if self.subject else None


class CounterRow(Base):
    __tablename__ = "event_counters"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_seq: Mapped[int]


class EventRow(Base):
    __tablename__ = "events"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    type: Mapped[str]
    data: Mapped[str]


class JobRow(Base):
    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    user_id: Mapped[UUID]
    kind: Mapped[str]
    lane: Mapped[str]
    payload: Mapped[str]


class ChangeRow(Base):
    __tablename__ = "task_changes"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)


class NotificationRow(Base):
    __tablename__ = "notifications"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    read: Mapped[bool]


class Shape(BaseModel):
    """camelCase outside, snake_case inside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class TaskOut(Shape):
    id: UUID
    title: str
    description: str
    subject_id: UUID | None
    subject_name: str | None
    status: Status
    priority: Priority
    due_date: date | None
    due_at: datetime | None
    due_zone: str | None
    start_date: date | None
    estimated_minutes: int | None
    actual_minutes: int
    labels: list[str]
    subtask_count: int
    subtasks_completed: int
    completed_at: datetime | None
    completed_on: date | None
    on_time: bool | None
    completions: int
    series_id: UUID | None
    occurrence: str | None
    recurrence: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class TaskIn(Shape):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=10_000)] = ""
    subject_id: UUID | None = None
    priority: Priority = "medium"
    due_date: date | None = None
    due_at: datetime | None = None
    due_zone: Annotated[str, Field(max_length=64)] | None = None
    start_date: date | None = None
    estimated_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None
    labels: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20)] = []


class PageOut(Shape):
    items: list[TaskOut]
    next_cursor: str | None


class UnreadOut(Shape):
    count: int


class LiveOut(Shape):
    status: str
    checks: dict[str, Any]


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


async def user_of(request: Request, given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> UUID:
    try:
        return UUID(jwt.decode(given.credentials, request.app.state.key, ["HS256"])["sub"])
    except jwt.PyJWTError as fault:
        raise HTTPException(401) from fault


Db = Annotated[AsyncSession, Depends(session_of)]
Me = Annotated[UUID, Depends(user_of)]
api = FastAPI(openapi_url=None)


@api.get("/health/live")
async def live() -> LiveOut:
    return LiveOut(status="ok", checks={})


@api.get("/api/notifications/unread-count")
async def unread(db: Db, me: Me) -> UnreadOut:
    asked = select(func.count()).select_from(NotificationRow)
    return UnreadOut(count=await db.scalar(asked.where(NotificationRow.user_id == me, ~NotificationRow.read)) or 0)


@api.get("/api/tasks")
async def list_tasks(db: Db, me: Me, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> PageOut:
    asked = select(TaskRow).options(joinedload(TaskRow.subject)).where(TaskRow.user_id == me)
    found = (await db.scalars(asked.order_by(TaskRow.due_sort, TaskRow.id).limit(limit + 1))).all()
    cursor = None
    if len(found) > limit:
        last = found[limit - 1]
        cursor = base64.urlsafe_b64encode(f"{last.due_date}|{last.id}".encode()).decode()
    return PageOut(items=[TaskOut.model_validate(task) for task in found[:limit]], next_cursor=cursor)


@api.post("/api/tasks", status_code=201)
async def create_task(db: Db, me: Me, new: TaskIn) -> TaskOut:
    subject = await db.get(SubjectRow, (me, new.subject_id)) if new.subject_id else None
    if new.subject_id and subject is None:
        raise HTTPException(422)
    user = await db.get_one(UserRow, me)
    now = datetime.now(UTC)
    task = TaskRow(user_id=me, id=new_id(), **new.model_dump(), created_at=now, updated_at=now)
    if (task.due_date or task.due_at) and not task.due_zone:
        task.due_zone = user.time_zone
    db.add(task)
    await db.flush()  # the subject is already in the session
    shown = TaskOut.model_validate(task)
    await publish(db, me, "task.created", shown, now, [])
    await db.commit()
    return shown


@api.post("/api/tasks/{task_id}/complete")
async def complete_task(db: Db, me: Me, task_id: UUID) -> TaskOut:
    asked = select(TaskRow).options(joinedload(TaskRow.subject)).where(TaskRow.user_id == me, TaskRow.id == task_id)
    task = await db.scalar(asked.with_for_update(of=TaskRow))
    if task is None:
        raise HTTPException(404)
    if task.status != "completed":
        await finish(db, me, task)
        await db.commit()
    return TaskOut.model_validate(task)


async def finish(db: AsyncSession, me: UUID, task: TaskRow) -> None:
    user = await db.get_one(UserRow, me)
    now, before = datetime.now(UTC), task.status
    today = (now.astimezone(ZoneInfo(user.time_zone)) - timedelta(minutes=user.day_start)).date()
    task.status, task.completed_at, task.completed_on, task.updated_at = "completed", now, today, now
    task.completions += 1
    task.on_time = now <= task.due_at if task.due_at else today <= task.due_date if task.due_date else None
    status = {"before": before, "after": "completed"}
    db.add(ChangeRow(user_id=me, task_id=task.id, id=new_id(), at=now, kind="completed", changes={"status": status}))
    kinds = ["notifications.congratulate", "analytics.count_completion", "gamification.award_points"]
    await publish(db, me, "task.completed", TaskOut.model_validate(task), now, kinds)


async def publish(db: AsyncSession, me: UUID, name: str, shown: TaskOut, now: datetime, kinds: list[str]) -> None:
    counter = await db.get_one(CounterRow, me, with_for_update=True)
    counter.last_seq += 1
    data = shown.model_dump_json(by_alias=True)
    db.add(EventRow(user_id=me, seq=counter.last_seq, at=now, type=name, data=data))
    db.add_all(JobRow(user_id=me, kind=kind, lane="local", payload=data) for kind in kinds)


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[FastAPI]:
    """With the same number of connections as the program."""
    url = settings.database_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=settings.database_pool, max_overflow=0)
    api.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    api.state.key = settings.signing_key
    yield api
    await engine.dispose()
