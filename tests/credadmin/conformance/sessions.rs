//! STS and IAM: aws-facts §1, §2, §3, §7, §8.

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use aws_sdk_sts::types::{Credentials, Tag};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use super::Findings;
use super::site::{CREDADMIN, Caller, Site, TARGET, outcome};

fn assume(caller: &Caller) -> AssumeRoleFluentBuilder {
    caller.sts.assume_role().role_arn(TARGET).role_session_name("credadmin-test")
}

async fn tried(call: AssumeRoleFluentBuilder) -> String {
    outcome(&call.send().await)
}

/// Which of the errors with one code it is (§1: the daemon tells them apart by their text).
async fn told(call: AssumeRoleFluentBuilder) -> String {
    let result = call.send().await;
    let text = result.as_ref().err().and_then(|error| error.as_service_error()).and_then(AssumeRoleError::message).unwrap_or("");
    let which = ["MaxSessionDuration set for this role", "1 hour session limit for roles assumed by role chaining"];
    let which = which.iter().find(|known| text.contains(**known));
    which.map_or_else(|| outcome(&result), |which| format!("{}: {which}", outcome(&result)))
}

pub async fn durations(site: &Site, findings: &mut Findings) {
    let lasting = |seconds: i32| assume(&site.credadmin).duration_seconds(seconds);
    findings.add("§1: 899 seconds", "ValidationError 400", tried(lasting(899)).await);
    findings.add("§1: 900 seconds", "ok", tried(lasting(900)).await);
    findings.add("§1: 3600 seconds by role chaining", "ok", tried(lasting(3600)).await);
    let chained = "ValidationError 400: 1 hour session limit for roles assumed by role chaining";
    findings.add("§1: 3601 seconds by role chaining", chained, told(lasting(3601)).await);
    let over_maximum = "ValidationError 400: MaxSessionDuration set for this role";
    findings.add("§1: more than the role's maximum", over_maximum, told(lasting(7201)).await);
    findings.add("§1: 43,201 seconds", "ValidationError 400", told(lasting(43_201)).await);

    let before = Clock::system().now();
    let answer = lasting(900).send().await.expect("900 seconds");
    let after = Clock::system().now();
    let expiration = answer.credentials.expect("credentials").expiration.secs();
    let lasts = |from: Timestamp| expiration - from.as_second();
    let exact = lasts(after) <= 900 && lasts(before) >= 900;
    findings.add("§1: the expiration is that of the duration", "exact", if exact { "exact" } else { "not" });
}

pub async fn requests(site: &Site, findings: &mut Findings) {
    let named = |name: &str| assume(&site.credadmin).role_session_name(name);
    let wrong = "ValidationError 400";
    findings.add("§3: a session name of 64 characters", "ok", tried(named(&format!("{:x<64}", "credadmin-"))).await);
    findings.add("§3: a session name of 65 characters", wrong, tried(named(&format!("{:x<65}", "credadmin-"))).await);
    findings.add("§3: a session name with a blank", wrong, tried(named("credadmin- ")).await);
    let identity = assume(&site.credadmin).source_identity("ann");
    findings.add("§3: a source identity that both sides allow", "ok", tried(identity).await);
    let tag = Tag::builder().key("ticket").value("1").build().expect("a tag");
    findings.add("§3: a tag that the trust does not allow", "AccessDenied 403", tried(assume(&site.credadmin).tags(tag)).await);
    let policy = assume(&site.credadmin).policy("{");
    findings.add("§2: a session policy that is no JSON", "MalformedPolicyDocument 400", tried(policy).await);
    let long = |characters: usize| assume(&site.credadmin).policy(format!("{:<characters$}", session_policy(60)));
    findings.add("§2: a session policy of 2048 characters", "ok", tried(long(2048)).await);
    findings.add("§2: a session policy of 2049 characters", wrong, tried(long(2049)).await);
    let role = assume(&site.credadmin).role_arn("SensitiveS3Access");
    findings.add("§7: a role ARN that is none", wrong, tried(role).await);
}

pub async fn who_may(site: &Site, findings: &mut Findings) {
    let denied = "AccessDenied 403";
    let named = assume(&site.credadmin).role_session_name("somebody-else");
    findings.add("§8: a session name that the trust does not like", denied, tried(named).await);
    let role = assume(&site.credadmin).role_arn("arn:aws:iam::123456789012:role/Nobody");
    findings.add("§3: a role that does not exist", denied, tried(role).await);
    findings.add("§8: EC2Normal assumes the role", denied, tried(assume(&site.ec2_normal)).await);
    let itself = assume(&site.credadmin).role_arn(CREDADMIN);
    findings.add("§8: CredAdmin assumes another role", denied, tried(itself).await);

    let denied = "AccessDeniedException 400";
    let describe = |caller: &Caller, secret: &str| caller.secrets.describe_secret().secret_id(secret);
    let own = describe(&site.credadmin, "SensitiveS3").send().await;
    findings.add("§8: CredAdmin describes its secret", "ok", outcome(&own));
    let other = describe(&site.credadmin, "Labels").send().await;
    findings.add("§8: CredAdmin describes another secret", denied, outcome(&other));
    let absent = describe(&site.credadmin, "Absent").send().await;
    findings.add("§8: CredAdmin describes what is absent", denied, outcome(&absent));
    let read = |caller: &Caller| caller.secrets.get_secret_value().secret_id("SensitiveS3");
    findings.add("§8: CredAdmin reads its secret", denied, outcome(&read(&site.credadmin).send().await));
    findings.add("§8: EC2Normal reads the secret", "ok", outcome(&read(&site.ec2_normal).send().await));
    let write = |caller: &Caller| caller.secrets.put_secret_value().secret_id("SensitiveS3").secret_string("{}");
    findings.add("§8: EC2Normal writes the secret", denied, outcome(&write(&site.ec2_normal).send().await));
    findings.add("§8: CredAdmin writes its secret", "ok", outcome(&write(&site.credadmin).send().await));
}

/// A session policy that denies everything from so many seconds on.
fn session_policy(seconds: i64) -> String {
    let from = Clock::system().now() + SignedDuration::from_secs(seconds);
    let from = from.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        concat!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},"#,
            r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateGreaterThanEquals":{{"aws:CurrentTime":"{}"}}}}}}]}}"#
        ),
        from
    )
}

/// On sessions of CredAdmin, because what they may do can be tried out with Secrets Manager.
pub async fn session_policies(site: &Site, findings: &mut Findings) {
    let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let cases = [
        ("§2: a Deny from later on", session_policy(60), "ok"),
        ("§2: a Deny from now on", session_policy(0), "AccessDeniedException 400"),
        ("§2: a session policy that allows something else", other.to_owned(), "AccessDeniedException 400"),
    ];
    for (case, policy, aws) in cases {
        let call = site.admin.sts.assume_role().role_arn(CREDADMIN).role_session_name("i-1").policy(policy);
        let session = call.send().await.expect("a session").credentials.expect("credentials");
        let described = holder(site, &session).secrets.describe_secret().secret_id("SensitiveS3").send().await;
        findings.add(case, aws, outcome(&described));
    }
}

fn holder(site: &Site, session: &Credentials) -> Caller {
    site.caller(&session.access_key_id, &session.secret_access_key, Some(session.session_token.clone()))
}

pub async fn keys(site: &Site, findings: &mut Findings) {
    let call = site.admin.sts.assume_role().role_arn(CREDADMIN).role_session_name("i-1");
    let good = call.send().await.expect("a session").credentials.expect("credentials");
    let (id, secret, token) = (&good.access_key_id, &good.secret_access_key, &good.session_token);
    let cases = [
        ("§7, STS: a token that is none", "§7, Secrets Manager: a token that is none", id.as_str(), secret.as_str(), "bogus"),
        ("§7, STS: a key id that is none", "§7, Secrets Manager: a key id that is none", "ASIAQQQQQQQQQQQQQQQQ", secret, token),
        ("§7, STS: a wrong secret key", "§7, Secrets Manager: a wrong secret key", id, "wrong", token),
    ];
    for (case, secrets_case, id, secret, token) in cases {
        let caller = site.caller(id, secret, Some(token.to_owned()));
        let signed_wrong = secret == "wrong";
        let aws = if signed_wrong { "SignatureDoesNotMatch 403" } else { "InvalidClientTokenId 403" };
        findings.add(case, aws, outcome(&caller.sts.get_caller_identity().send().await));
        let aws = if signed_wrong { "InvalidSignatureException 400" } else { "UnrecognizedClientException 400" };
        let described = caller.secrets.describe_secret().secret_id("SensitiveS3").send().await;
        findings.add(secrets_case, aws, outcome(&described));
    }
}
