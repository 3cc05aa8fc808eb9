"""Asks the dashboard's interface for programs whatever its own description allows, and what it does not: Schemathesis judges the answers. Then has
the probes of a control run, as a program of operations would.

Standard input holds JSON: `url`, `token`. What is wrong is printed and makes the exit code not 0.
"""

import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

# The certificate is made for this machine alone, and who asks too fast is slowed down on purpose.
SETTINGS = """
headers = { Authorization = "Bearer ${MEDWARD_TOKEN}" }
tls-verify = false
rate-limit = "45/s"
seed = 7
warnings = false

# What has the form but cannot be, such as news of tomorrow, is refused by a status of its own.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "422"]

[generation]
max-examples = 5
database = "none"
"""

given = json.load(sys.stdin)
with tempfile.TemporaryDirectory() as home:
    Path(home, "schemathesis.toml").write_text(SETTINGS)
    command = [Path(sys.executable).parent / "schemathesis", "run", "--no-color", "--phases=examples,coverage,fuzzing", f"{given['url']}api/v1/openapi.json"]
    environment = {**os.environ, "HOME": home, "MEDWARD_TOKEN": given["token"]}
    ran = subprocess.run(command, cwd=home, capture_output=True, text=True, env=environment)
print(ran.stdout[-8000:], ran.stderr[-2000:])


def asked(method, path):
    request = urllib.request.Request(f"{given['url']}api/v1{path}", method=method, headers={"Authorization": f"Bearer {given['token']}"})
    with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:
        return answer.status, json.load(answer)


status, run = asked("POST", "/controls/C-16/runs")
until = time.monotonic() + 60
while run["state"] == "running" and time.monotonic() < until:
    time.sleep(0.3)
    run = next(one for one in asked("GET", "/controls/C-16/runs")[1] if one["number"] == run["number"])
print(status, run)
is_run = status == 202 and run["said"] == "1 passed, 0 failed, 0 in error"
sys.exit(ran.returncode or not is_run)
