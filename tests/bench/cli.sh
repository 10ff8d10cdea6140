#!/bin/sh
# A refresh by the AWS CLI, which is started twice for it. cli.sh ROLE_ARN SECRET_ID SECONDS
set -eu
value=$(aws sts assume-role --role-arn "$1" --role-session-name credadmin-cli --duration-seconds "$3" --output json \
    --query 'Credentials.{sessionId: AccessKeyId, sessionKey: SecretAccessKey, sessionToken: SessionToken}')
# Not as an argument, which is for everybody to see.
printf %s "$value" | aws secretsmanager put-secret-value --secret-id "$2" --secret-string file:///dev/stdin >/dev/null
