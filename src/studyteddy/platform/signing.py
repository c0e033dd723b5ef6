"""Signed addresses of S3 (AWS Signature Version 4, in the query): who has one may do one thing, for a while.

The source of every step is "Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, urlencode, urlsplit

import msgspec


class Signer(msgspec.Struct, frozen=True):
    """Whose right is lent: the key and secret of an account, and the region of its bucket."""

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
        """`url` with a signature that is good for `method` with exactly these query parameters and headers.

        `headers` have lower-case names; whoever uses the address must send them. `at` is in Unix seconds, now unless
        said otherwise.
        """
        parts = urlsplit(url)
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        bound = dict(sorted({"host": parts.netloc, **headers}.items()))
        asked = {
            **query,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{self.key}/{scope}", "X-Amz-Date": moment,
            "X-Amz-Expires": str(seconds), "X-Amz-SignedHeaders": ";".join(bound),
        }  # fmt: skip
        told = urlencode(sorted(asked.items()), quote_via=quote, safe="")
        lines = "".join(f"{name}:{value}\n" for name, value in bound.items())
        request = f"{method}\n{parts.path}\n{told}\n{lines}\n{';'.join(bound)}\nUNSIGNED-PAYLOAD"
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        return f"{url}?{told}&X-Amz-Signature={self._signature(scope, text)}"

    def _signature(self, scope: str, text: str) -> str:
        key = f"AWS4{self.secret}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()
