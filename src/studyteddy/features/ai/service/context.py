"""What the tutor knows beside a message. What the student doesn't want sent isn't in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from studyteddy.features.ai.providers.model import Message
from studyteddy.features.ai.schemas.chats import StoredChat, StoredMessage
from studyteddy.features.ai.schemas.memory import AiSettings
from studyteddy.features.ai.service import material, memory
from studyteddy.features.ai.service.material import Asked, Material
from studyteddy.features.ai.store import chats as store
from studyteddy.features.ai.tutoring import prompts
from studyteddy.features.auth.service import profile
from studyteddy.features.subjects import service as subjects
from studyteddy.features.tasks.service import tasks
from studyteddy.platform.db.transaction import Tx

_LANGUAGES: Final = {"en": "English", "de": "German", "ar": "Arabic", "es": "Spanish", "fr": "French"}
_HISTORY_MESSAGES: Final = 12
_HISTORY_CHARACTERS: Final = 6000


class Context(msgspec.Struct, frozen=True):
    """What is sent beside the message."""

    locale: str
    subject: str
    task: str
    goal: str
    problem: str
    facts: Sequence[str]
    material: Material
    history: Sequence[StoredMessage]
    """The latest messages of the chat, the oldest first."""
    history_is_off: bool = False
    """Whether the student doesn't want earlier messages to be sent."""

    @property
    def known(self) -> list[str]:
        """The kinds that a student sees beside the message."""
        kinds = {"subject": self.subject, "task": self.task, "memory": self.facts, "material": self.material.passages}
        return [name for name, value in kinds.items() if value]

    @property
    def kinds(self) -> list[str]:
        """All kinds of data that are sent."""
        rest = {"problem": self.problem, "history": self.history}
        return ["message", *(name for name, value in rest.items() if value), *self.known]

    @property
    def texts(self) -> dict[str, str]:
        """All texts that are sent beside the problem and messages, with their kinds: each may have an exercise."""
        names = {self.subject: "subject", self.task: "task", self.goal: "history"}
        facts = dict.fromkeys(self.facts, "memory")
        passages = self.material.passages
        own = {text: "material" for one in passages for text in (one.title, one.text)}
        return {text: kind for text, kind in (names | facts | own).items() if text.strip()}

    @property
    def language(self) -> str:
        """The name of the language in which the tutor answers."""
        return _LANGUAGES.get(self.locale.partition("-")[0], "the language of the student's message")

    def messages(self) -> list[Message]:
        """Return what the model gets between its instructions and the message."""
        facts = [("about the student", "\n".join(self.facts))] if self.facts else []
        text = prompts.context_prompt(
            subject=self.subject,
            task=self.task,
            goal=self.goal,
            problem=self.problem,
            material=[*material.shown(self.material), *facts],
        )
        return [Message("user", text), *_trimmed(self.history)]


async def gather(tx: Tx, chat: StoredChat, question: Asked, off: AiSettings) -> Context:
    """Return the context of a chat for a question, without the kinds that are off."""
    subject = task = ""
    if chat.subject_id and "subject" not in off.off:
        subject = (await subjects.get(tx, tx.user_id, chat.subject_id)).name
    if chat.task_id and "task" not in off.off:
        task = (await tasks.get(tx, tx.user_id, chat.task_id)).title
    return Context(
        locale=await profile.language(tx, tx.user_id),
        subject=subject,
        task=task,
        goal="" if "history" in off.off else chat.situation.goal,
        problem="" if chat.situation.from_task and "task" in off.off else chat.situation.problem,
        facts=await memory.known(tx, off),
        material=await material.find(
            tx, tx.user_id, question, task_id=chat.task_id, subject_id=chat.subject_id, off=off.off
        ),
        history=await store.latest(tx, tx.user_id, chat.id, limit=0 if "history" in off.off else _HISTORY_MESSAGES),
        history_is_off="history" in off.off,
    )


def _trimmed(past: Sequence[StoredMessage]) -> list[Message]:
    """Return the latest messages and responses that fit."""
    kept: list[Message] = []
    left = _HISTORY_CHARACTERS
    for one in reversed(past):
        response = "".join(one.pieces)
        left -= len(one.message) + len(response)
        if left < 0:
            break
        kept[:0] = [Message("user", one.message), Message("assistant", response or "…")]
    return kept
