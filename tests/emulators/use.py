"""Uses the access as an application does, with EC2Normal's keys: reads the secret, and with its session does all that a bucket
is for. `use.py` prints {call: "ok" or what AWS said}; `use.py PATH` does the same with the keys in that file, as one JSON
object, in place of the secret's.
"""

import json
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from field import BUCKET, BUCKET_POLICY, OBJECT, SECRET

ONCE = Config(retries={"total_max_attempts": 1})
said = {}


def attempt(name, call, **parameters):
    try:
        answer = call(**parameters)
        said[name] = "ok"
        return answer
    except ClientError as error:
        said[name] = str(error)
        return {}


def session():
    if len(sys.argv) > 1:
        return json.loads(Path(sys.argv[1]).read_text())
    secrets = boto3.client("secretsmanager", config=ONCE)
    answer = attempt("secretsmanager:GetSecretValue", secrets.get_secret_value, SecretId=SECRET)
    return json.loads(answer.get("SecretString") or "{}")


keys = session()
if "sessionToken" in keys:
    s3 = boto3.client(
        "s3",
        config=ONCE,
        aws_access_key_id=keys["sessionId"],
        aws_secret_access_key=keys["sessionKey"],
        aws_session_token=keys["sessionToken"],
    )
    at = {"Bucket": BUCKET}
    part = at | {"Key": "part"}
    attempt("s3:ListBucket", s3.list_objects_v2, **at)
    attempt("s3:GetBucketLocation", s3.get_bucket_location, **at)
    attempt("s3:GetObject", s3.get_object, **at, Key=OBJECT)
    attempt("s3:PutObject", s3.put_object, **at, Key="new", Body=b"new")
    attempt("s3:DeleteObject", s3.delete_object, **at, Key="new")
    upload = attempt("begin", s3.create_multipart_upload, **part).get("UploadId", "none")
    attempt("s3:ListMultipartUploadParts", s3.list_parts, **part, UploadId=upload)
    attempt("s3:AbortMultipartUpload", s3.abort_multipart_upload, **part, UploadId=upload)
    # What would outlast the window.
    attempt("s3:PutBucketPolicy", s3.put_bucket_policy, **at, Policy=BUCKET_POLICY)
    attempt("s3:PutBucketAcl", s3.put_bucket_acl, **at, ACL="public-read")
    attempt("s3:PutObjectAcl", s3.put_object_acl, **at, Key=OBJECT, ACL="public-read")
print(json.dumps(said))
