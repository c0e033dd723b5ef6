"""Presigned URLs, compared with the example in the S3 API reference."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from studyteddy.platform.files.presigned_urls import Signer

EXAMPLE = Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
URL = "https://examplebucket.s3.amazonaws.com/test.txt"


def test_the_example_of_the_s3_reference() -> None:
    signed = EXAMPLE.address("GET", URL, seconds=86400, query={}, headers={}, at=1369353600)
    assert signed.rpartition("=")[2] == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"


def test_signed_headers_are_listed_and_affect_the_signature() -> None:
    said = [
        EXAMPLE.address("PUT", URL, seconds=60, query=query, headers=headers, at=1369353600)
        for query in ({}, {"response-content-type": "a/b c&d"})
        for headers in ({}, {"content-length": "5"}, {"content-length": "6"})
    ]
    assert len({one.rpartition("=")[2] for one in said}) == 6
    assert parse_qs(urlsplit(said[4]).query)["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert parse_qs(urlsplit(said[4]).query)["response-content-type"] == ["a/b c&d"]
