"""Tries calls with the keys of the environment: `try.py FILE`, which holds a list of [service, call, {parameters}].

Prints a list of what came of each: "ok", or what AWS said.
"""

import json
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ONCE = Config(retries={"total_max_attempts": 1})


def attempt(service, call, parameters):
    try:
        getattr(boto3.client(service, config=ONCE), call)(**parameters)
        return "ok"
    except ClientError as error:
        return str(error)


print(json.dumps([attempt(*each) for each in json.loads(Path(sys.argv[1]).read_text())]))
