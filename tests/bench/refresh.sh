#!/bin/sh
# The peer: a refresh as well as a shell script does it. refresh.sh ROLE_ARN SECRET_ID SECONDS jq|printf
# Wants AWS_REGION and curl 7.75 or newer. Signs with the keys in the environment, or else with those of the instance's role.
set -eu

# curl without anybody's .curlrc, which fails where the service refuses.
fetch() { curl -q --silent --show-error --fail-with-body "$@"; }

# A signed call. Its keys come through a file descriptor: arguments are for everybody to see.
call() {
    service=$1
    shift
    endpoint=${AWS_ENDPOINT_URL:-https://$service.$AWS_REGION.amazonaws.com}
    fetch --aws-sigv4 "aws:amz:$AWS_REGION:$service" --header "Host: ${endpoint#*://}" --config /dev/fd/3 "$@" "$endpoint/" 3<<KEYS
user = "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"
header = "X-Amz-Security-Token: ${AWS_SESSION_TOKEN:-}"
KEYS
}

# What stands in $1 between the pattern $2 and the next $3.
between() {
    rest=${1#*$2}
    printf %s "${rest%%"$3"*}"
}

# PutSecretValue's body of STS's XML. Whoever calls without an SDK has to give each version an id of its own.
by_jq() {
    printf %s "$session" | jq --raw-input --slurp --arg secret "$1" --arg id "$id" '
        def of(name): capture("<\(name)>(?<text>[^<]+)</\(name)>").text;
        {sessionId: of("AccessKeyId"), sessionKey: of("SecretAccessKey"), sessionToken: of("SessionToken")}
        | {SecretId: $secret, ClientRequestToken: $id, SecretString: tojson}'
}

# The same with no process of its own: right as long as nothing in it has to be escaped.
by_printf() {
    printf '{"SecretId":"%s","ClientRequestToken":"%s","SecretString":"{%s,%s,%s}"}' "$1" "$id" \
        "$(pair sessionId AccessKeyId)" "$(pair sessionKey SecretAccessKey)" "$(pair sessionToken SessionToken)"
}
pair() { printf '\\"%s\\":\\"%s\\"' "$1" "$(between "$session" "<$2>" '<')"; }

if [ -z "${AWS_ACCESS_KEY_ID:-}" ]; then
    metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest
    token=$(fetch --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
    credentials=$metadata/meta-data/iam/security-credentials
    role=$(fetch --header "X-aws-ec2-metadata-token: $token" "$credentials/")
    keys=$(fetch --header "X-aws-ec2-metadata-token: $token" "$credentials/$role")
    AWS_ACCESS_KEY_ID=$(between "$keys" '"AccessKeyId"*:*"' '"')
    AWS_SECRET_ACCESS_KEY=$(between "$keys" '"SecretAccessKey"*:*"' '"')
    AWS_SESSION_TOKEN=$(between "$keys" '"Token"*:*"' '"')
fi

session=$(call sts --data Version=2011-06-15 --data Action=AssumeRole --data-urlencode "RoleArn=$1" \
    --data RoleSessionName=credadmin-script --data "DurationSeconds=$3")
read -r id </proc/sys/kernel/random/uuid
"by_$4" "$2" | call secretsmanager --header 'X-Amz-Target: secretsmanager.PutSecretValue' \
    --header 'Content-Type: application/x-amz-json-1.1' --data-binary @- >/dev/null
