"""Today's way, once: a session of so many seconds, and its three keys into the secret.

What the daemon replaces, and the control of its tests: the same reader must see that this one does not end with a window.
"""

import json
import sys

import boto3
from botocore.config import Config

from field import SECRET, TARGET

# An emulator also makes sessions of a few seconds, which boto3 would not ask for.
sts = boto3.client("sts", config=Config(parameter_validation=False))
answer = sts.assume_role(RoleArn=TARGET, RoleSessionName="credadmin-today", DurationSeconds=int(sys.argv[1]))
credentials = answer["Credentials"]
value = {
    "sessionId": credentials["AccessKeyId"],
    "sessionKey": credentials["SecretAccessKey"],
    "sessionToken": credentials["SessionToken"],
}
boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(value))
