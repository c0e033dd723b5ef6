"""The actions of tasks, by noun: single tasks, their steps, series and history, and the lists."""

from studyteddy.features.tasks.service import (
    history,
)
from studyteddy.features.tasks.service.attachments import (
    attach,
    attachments_of,
    content,
    delete_attachment,
    finish,
    get_attachment,
    receive,
    remove_files,
    remove_files_of_task,
    sweep,
    update_attachment,
)
from studyteddy.features.tasks.service.batch import (
    run_batch,
)
from studyteddy.features.tasks.service.lists import (
    labels,
    overdue,
    page,
    today,
    upcoming,
)
from studyteddy.features.tasks.service.minutes import (
    add_minutes,
    hold,
    take_up,
)
from studyteddy.features.tasks.service.quick_add import (
    add_line,
)
from studyteddy.features.tasks.service.search import (
    search,
)
from studyteddy.features.tasks.service.series import (
    change,
    delete,
    expect,
    occurrences,
    skip,
)
from studyteddy.features.tasks.service.single import (
    add,
    complete,
    get,
    reopen,
)
from studyteddy.features.tasks.service.steps import (
    add_step,
    delete_step,
    get_step,
    of_task,
    order_steps,
    update_step,
)

__all__ = [
    "add", "add_line", "add_minutes", "add_step", "attach", "attachments_of", "change", "complete", "content",
    "delete", "delete_attachment", "delete_step", "expect", "finish", "get", "get_attachment", "get_step",
    "history", "hold", "labels", "occurrences", "of_task", "order_steps", "overdue", "page", "receive",
    "remove_files", "remove_files_of_task", "reopen", "run_batch", "search", "skip", "sweep", "take_up", "today",
    "upcoming", "update", "update_attachment", "update_step",
]  # fmt: skip
