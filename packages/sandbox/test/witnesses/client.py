"""Does the jobs on the standard input with nothing but Python's standard library, and prints the outcomes."""

import base64
import json
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request


def send(url, headers, body=None, tls=None):
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    if tls is not None:
        context.load_cert_chain(tls["cert"], tls["key"])
    request = urllib.request.Request(url, data=body, headers=headers)
    with urllib.request.urlopen(request, context=context) as response:
        return response.status, response.read()


def login(job):
    fields = {"grant_type": "client_credentials"}
    headers = {"Accept": "application/json"}
    if "scope" in job:
        fields["scope"] = job["scope"]
    if job["method"] == "basic":
        pair = f"{job['clientId']}:{job['clientSecret']}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    else:
        fields |= {"client_id": job["clientId"], "client_secret": job["clientSecret"]}
    _, body = send(job["tokenEndpoint"], headers, urllib.parse.urlencode(fields).encode())
    return json.loads(body)["access_token"]


def outcome(job):
    try:
        token = login(job)
    except urllib.error.HTTPError as error:
        return {"at": "token", "status": error.code}
    if "call" not in job:
        return {"at": "api", "status": 200}
    headers = job["call"]["headers"] | {"Authorization": f"Bearer {token}"}
    status, _ = send(job["call"]["url"], headers, tls=job.get("tls"))
    return {"at": "api", "status": status}


print(json.dumps([outcome(job) for job in json.load(sys.stdin)]))
