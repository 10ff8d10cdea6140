"""Sets an account up as the field has it, with the account's root keys: roles, a bucket, a secret.

Prints the keys of CredAdmin and of EC2Normal as JSON. On a real host they come from the instance metadata service, whose
keys ministack does not know; so both roles trust the account, and root assumes them.
"""

import json
from pathlib import Path

import boto3

ACCOUNT = "123456789012"
REGION = "eu-central-1"
BUCKET = "sensitive-bucket"
OBJECT = "report.csv"
SECRET = "SensitiveS3"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/SensitiveS3Access"
BOTH = ["sts:AssumeRole", "sts:SetSourceIdentity"]

# All that the two roles may do: aws-facts §8, without the key that only a CMK needs.
ROLES = {"CredAdmin": "credadmin.policy.json", "EC2Normal": "ec2-normal.policy.json"}


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


TRUSTS_ACCOUNT = policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action=BOTH)
TRUSTS_CREDADMIN = policy(
    Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/CredAdmin"},
    Action=BOTH,
    Condition={"StringLike": {"sts:RoleSessionName": "credadmin-*"}},
)
# As the field has it: s3:* and all, for the one role.
BUCKET_POLICY = policy(
    Principal={"AWS": TARGET}, Action="s3:*", Resource=[f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
)


def set_up():
    iam = boto3.client("iam")
    for role, document in ROLES.items():
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUSTS_ACCOUNT)
        text = Path(__file__).with_name(document).read_text()
        iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=text)
    iam.create_role(RoleName="SensitiveS3Access", AssumeRolePolicyDocument=TRUSTS_CREDADMIN, MaxSessionDuration=7200)

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=OBJECT, Body=b"sensitive")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=BUCKET_POLICY)

    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps({"state": "new"}))


def keys(role):
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    credentials = boto3.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="i-0123456789abcdef0")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


if __name__ == "__main__":
    set_up()
    print(json.dumps({"credadmin": keys("CredAdmin"), "ec2_normal": keys("EC2Normal")}))
