"""Routes of the calendar that other programs subscribe to."""

from __future__ import annotations

from collections.abc import Mapping

from studyteddy.features.calendar.schemas.published_feed import (
    EmailNotVerified,
    FeedQuery,
    NewPublishedFeed,
    NoPublishedFeed,
    PublishedFeed,
)
from studyteddy.features.calendar.service import published_feed
from studyteddy.features.calendar.service.published_feed import FeedAddresses
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web import etags, responses
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/calendar", tag="calendar", scope="account")
_TYPE = b"text/calendar; charset=utf-8"


@router.post("/feed", status=201, secret=True, errors=(EmailNotVerified, UnknownSubject))
async def publish_feed(tx: Tx, feed_addresses: FeedAddresses, body: NewPublishedFeed) -> PublishedFeed:
    """Publish your planned focus sessions and due tasks at a secret address for other calendar programs.

    A new address replaces the old one, which stops working immediately. Your e-mail address must be verified.
    """
    return await published_feed.publish(tx, body, feed_addresses)


@router.get("/feed", secret=True, errors=(NoPublishedFeed,))
async def get_feed(db: Database, identity: Identity, feed_addresses: FeedAddresses) -> PublishedFeed:
    """Get the secret address of your published calendar, and what it shows."""
    return await published_feed.get(db.reading(identity), identity.user_id, feed_addresses)


@router.delete("/feed", errors=(NoPublishedFeed,))
async def delete_feed(tx: Tx) -> None:
    """Stop publishing your calendar. Its address stops working immediately."""
    await published_feed.delete(tx)


@router.get("/feed.ics", public=True, limited=False, errors=(NoPublishedFeed,), media="text/calendar")
async def read_feed(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    feed_addresses: FeedAddresses,
    public_url: str,
    request: Request,
    query: FeedQuery,
) -> Answer:
    """Read a published calendar (iCalendar). The token is the authentication."""
    known = feed_addresses.read(query.token)
    if known is None:
        raise NoPublishedFeed()
    user_id, generation = known
    # By account, not by address: a calendar service reads the calendars of many students from a few addresses.
    # And by generation: whoever has an old one can't use up the limit of the new one.
    await spend(limiter, limits["feed"], f"{user_id.hex}{generation.hex()}")
    async with db.transaction(Identity(user_id, user_id, frozenset(), request_id=request.id)) as tx:
        events = await published_feed.read(tx, generation, public_url=public_url)
    body = published_feed.text(events).encode()
    tag = etags.etag(body)
    headers = ((b"etag", b'"%b"' % tag.encode()), (b"cache-control", b"private, max-age=300"))
    if responses.is_known(request, tag):
        return Answer(b"", 304, _TYPE, headers)
    return Answer(body, 200, _TYPE, (*headers, (b"content-disposition", b'inline; filename="study-teddy.ics"')))
