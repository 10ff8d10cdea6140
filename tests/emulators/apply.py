"""Makes an account as credadmin's policies say, with its root keys: `apply.py FILE`.

FILE holds {name: document}, as `credadmin policies` prints it, or a CloudFormation template. What the policies are about is
there before: a bucket with an object, and the roles of people. A name that has been applied before is applied anew.

Prints the keys of CredAdmin and of EC2Normal as JSON: ministack lets root have the roles that trust a service.
"""

import json
import sys
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from field import BUCKET, OBJECT, REGION, SECRET, keys, policy

EC2 = policy(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
iam = boto3.client("iam")
s3 = boto3.client("s3")


def once(call, **parameters):
    try:
        call(**parameters)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("EntityAlreadyExists", "BucketAlreadyOwnedByYou", "ResourceExistsException"):
            raise
        return False


def before():
    for role in ("EC2Normal", "SecurityAdmin"):
        once(iam.create_role, RoleName=role, AssumeRolePolicyDocument=EC2)
    if once(s3.create_bucket, Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}):
        s3.put_object(Bucket=BUCKET, Key=OBJECT, Body=b"sensitive")


def apply(name, document):
    text = json.dumps(document)
    subject, kind = name.removesuffix(".json").split(".", 1)
    if kind == "bucket-policy":
        s3.put_bucket_policy(Bucket=subject, Policy=text)
    elif kind != "trust":
        iam.put_role_policy(RoleName=subject, PolicyName=kind, PolicyDocument=text)
    elif not once(iam.create_role, RoleName=subject, AssumeRolePolicyDocument=text):
        iam.update_assume_role_policy(RoleName=subject, PolicyDocument=text)


before()
what = json.loads(Path(sys.argv[1]).read_text())
if "Resources" in what:
    stacks = boto3.client("cloudformation")
    stacks.create_stack(StackName="credadmin", TemplateBody=json.dumps(what), Capabilities=["CAPABILITY_NAMED_IAM"])
    stacks.get_waiter("stack_create_complete").wait(StackName="credadmin", WaiterConfig={"Delay": 1})
else:
    once(boto3.client("secretsmanager").create_secret, Name=SECRET)
    # A role is made with its trust.
    for name in sorted(what, key=lambda name: not name.endswith(".trust.json")):
        apply(name, what[name])
print(json.dumps({"credadmin": keys("CredAdmin"), "ec2_normal": keys("EC2Normal")}))
