"""boto3 as it is, in one process: asks twice a second who it is, with whatever credentials its own chain finds.

One line a try: `ok ARN`, or what went wrong.
"""

import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ONCE = Config(retries={"total_max_attempts": 1})
client = None
while True:
    try:
        # A client that was made without credentials never looks for them again.
        client = client or boto3.session.Session().client("sts", config=ONCE)
        print("ok", client.get_caller_identity()["Arn"], flush=True)
    except (BotoCoreError, ClientError) as error:
        print("error", str(error).replace("\n", " "), flush=True)
    except RuntimeError as error:
        # What it was given as the session had a moment left was over when it looked. It asks anew the next time.
        if "refreshed credentials are still expired" not in str(error):
            raise
        print("late", error, flush=True)
    time.sleep(0.5)
