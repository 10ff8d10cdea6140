// The AWS SDK for JavaScript as it is, in one process: asks twice a second who it is, with whatever credentials its own chain
// finds. One line a try: `ok ARN`, or what went wrong.

const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");

const sts = new STSClient({ maxAttempts: 1 });

async function once() {
  try {
    const answer = await sts.send(new GetCallerIdentityCommand({}));
    return `ok ${answer.Arn}`;
  } catch (error) {
    return `error ${[error.name, error.message, error.Code, error.Message].filter(Boolean).join(": ").replaceAll("\n", " ")}`;
  }
}

(async () => {
  for (;;) {
    console.log(await once());
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
})();
