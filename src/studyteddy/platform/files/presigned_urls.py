"""Presigned S3 URLs (AWS Signature Version 4 in the query): allow one operation for a limited time.

Follows "Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, urlencode, urlsplit

import msgspec


class Signer(msgspec.Struct, frozen=True):
    """Credentials that sign URLs: access key, secret, and the region of the bucket."""

    key: str
    secret: str
    region: str

    def address(
        self,
        method: str,
        url: str,
        *,
        seconds: int,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        at: float | None = None,
    ) -> str:
        """Sign `url` for `method` with exactly these query parameters and headers.

        `headers` have lower-case names; clients must send them. `at` is in Unix seconds, by default now.
        """
        parts = urlsplit(url)
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        scope = f"{timestamp[:8]}/{self.region}/s3/aws4_request"
        signed_headers = dict(sorted({"host": parts.netloc, **headers}.items()))
        parameters = {
            **query,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.key}/{scope}",
            "X-Amz-Date": timestamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": ";".join(signed_headers),
        }
        encoded = urlencode(sorted(parameters.items()), quote_via=quote, safe="")
        header_lines = "".join(f"{name}:{value}\n" for name, value in signed_headers.items())
        request = f"{method}\n{parts.path}\n{encoded}\n{header_lines}\n{';'.join(signed_headers)}\nUNSIGNED-PAYLOAD"
        text = f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        return f"{url}?{encoded}&X-Amz-Signature={self._signature(scope, text)}"

    def _signature(self, scope: str, text: str) -> str:
        key = f"AWS4{self.secret}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()
