"""Posti locks an account for an hour after five wrong passwords. This shows it against a running sandbox.

    npx @auth/sandbox --carrier posti --control-port 4100
    python3 posti_lockout.py http://127.0.0.1:4100
"""

import base64
import json
import ssl
import sys
import urllib.error
import urllib.request

CONTROL = sys.argv[1]


def control(path, body=None):
    """Asks the sandbox; a body makes it a POST."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(CONTROL + path, data=data) as response:
        return response.read().decode()


posti = json.loads(control("/carriers/posti"))
trusted = ssl.create_default_context(cadata=control("/ca.pem"))


def log_in(password):
    """Requests a token and returns the status."""
    pair = f"{posti['credentials']['username']}:{password}".encode()
    request = urllib.request.Request(
        posti["options"]["tokenEndpoint"] + "?grant_type=client_credentials",
        method="POST",
        headers={"Authorization": "Basic " + base64.b64encode(pair).decode(), "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, context=trusted) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


password = posti["credentials"]["password"]
assert log_in(password) == 200
for _ in range(5):
    assert log_in("wrong") == 401
assert log_in(password) == 401, "the account is locked"
control("/clock", {"advance": 3_600_000})
assert log_in(password) == 200, "an hour later it is not"
print("Posti's hour has passed.")
