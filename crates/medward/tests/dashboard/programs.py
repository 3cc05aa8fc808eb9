"""Asks the dashboard's interface for programs whatever its own description allows, and what it does not: Schemathesis judges the answers.

Standard input holds JSON: `url`, `token`. What is wrong is printed and makes the exit code not 0.
"""

import json
import os
import subprocess
import sys
import tempfile
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
sys.exit(ran.returncode)
