"""Reads the secret and uses what is in it, as the field's programs do, again and again, under EC2Normal's keys.

One JSON line a try: when it began and ended, the version and what it says beside the keys, and for each use `ok` or the
error's code:
- `reads`: the object's ACL, with the credential in the secret;
- `kept`: the same, with the first credential that ever worked;
- `widens`: a new bucket policy, by which the credential's holder could let others in for later;
- `alone`: the object's ACL, with EC2Normal's own keys.
"""

import json
import sys
import time
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from field import BUCKET, BUCKET_POLICY, OBJECT, SECRET

ONCE = Config(retries={"total_max_attempts": 1})
secrets = boto3.client("secretsmanager", config=ONCE)
alone = boto3.client("s3", config=ONCE)


def credential():
    answer = secrets.get_secret_value(SecretId=SECRET)
    value = json.loads(answer["SecretString"])
    if "sessionToken" not in value:
        return answer["VersionId"], value, None
    client = boto3.client(
        "s3",
        config=ONCE,
        aws_access_key_id=value.pop("sessionId"),
        aws_secret_access_key=value.pop("sessionKey"),
        aws_session_token=value.pop("sessionToken"),
    )
    return answer["VersionId"], value, client


def outcome(client, call, **parameters):
    if client is None:
        return "no credential"
    try:
        getattr(client, call)(Bucket=BUCKET, **parameters)
        return "ok"
    except ClientError as error:
        return error.response["Error"]["Code"]


def now():
    return datetime.now(timezone.utc).isoformat()


kept = None
while True:
    began = now()
    version, says, client = credential()
    line = {
        "began": began,
        "version": version,
        "says": says,
        "reads": outcome(client, "get_object_acl", Key=OBJECT),
        "kept": outcome(kept, "get_object_acl", Key=OBJECT),
        "widens": outcome(client, "put_bucket_policy", Policy=BUCKET_POLICY),
        "alone": outcome(alone, "get_object_acl", Key=OBJECT),
    }
    print(json.dumps(line | {"ended": now()}), flush=True)
    if kept is None and line["reads"] == "ok":
        kept = client
    time.sleep(float(sys.argv[1]))
