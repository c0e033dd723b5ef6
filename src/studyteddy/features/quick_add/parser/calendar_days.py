"""Calendar arithmetic: days in months of different lengths, within the years that dates may have."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from studyteddy.platform.local_time.dates import FIRST_YEAR, LAST_YEAR


def later(day: date, amount: int, unit: int) -> date | None:
    """Return the day some days, weeks, months or years later, at most the last of its month."""
    if unit < 30:
        return day + timedelta(days=amount * unit)
    months = day.month - 1 + amount * (1 if unit == 30 else 12)
    year, month = day.year + months // 12, months % 12 + 1
    if year > LAST_YEAR:
        return None
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def month_day(today: date, day: int) -> date | None:
    """Return the next such day of a month, including today; months without it are skipped."""
    for ahead in range(4):
        first = later(today.replace(day=1), ahead, 30)
        found = valid_date(first.year, first.month, day) if first else None
        if found and found >= today:
            return found
    return None


def next_date(today: date, month: int, day: int, year: int | None) -> date | None:
    """Return a date in that year, or its next occurrence if no year is given."""
    if year is not None:
        return valid_date(year, month, day)
    for ahead in range(9):
        found = valid_date(today.year + ahead, month, day)
        if found and found >= today:
            return found
    return None


def valid_date(year: int, month: int, day: int) -> date | None:
    """Return a date if it exists and is in range."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        return None
    return date(year, month, day) if 1 <= day <= calendar.monthrange(year, month)[1] else None
