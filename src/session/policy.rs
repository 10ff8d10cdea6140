//! The session policy: it ends a session by AWS's own clock, whatever its duration, and keeps its holder from making access outlast it.

use jiff::{SignedDuration, Timestamp};

use crate::instant::before;

/// How long the tokens live that S3 gives out for a directory bucket (S3's guide, CreateSession). What has one is not asked for its
/// policies again, so the last of them has to be given out that long before the end.
const DIRECTORY_BUCKET_TOKEN: SignedDuration = SignedDuration::from_mins(5);

/// The session policy of a session that ends at `ends` (aws-facts §2): 1,009 of the 2,048 characters that AWS takes. Explicit
/// Denies, because only those bind whatever the bucket policy says.
pub fn session_policy(ends: Timestamp) -> String {
    let instant = |t: Timestamp| t.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        concat!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},"#,
            r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateGreaterThanEquals":{{"aws:CurrentTime":"{}"}}}}}},"#,
            r#"{{"Effect":"Deny","Action":"s3express:CreateSession","Resource":"*","#,
            r#""Condition":{{"DateGreaterThanEquals":{{"aws:CurrentTime":"{}"}}}}}},"#,
            // The calls by which a holder could keep access for later, or hand it on.
            r#"{{"Effect":"Deny","Resource":"*","Action":["#,
            // What is set of a bucket stays set: who may read it, where it is copied to, what is told of it.
            r#""s3:PutBucket*","s3:DeleteBucket*","s3:CreateBucketMeta*","s3:UpdateBucket*","s3:Put*Acl","s3:Put*Policy*","#,
            r#""s3:Delete*Policy*","s3:Put*Configuration*","s3:Put*PublicAccessBlock","s3:Create*AccessPoint*","#,
            r#""s3:CreateJob","s3:UpdateJob*","s3:TagResource","s3:UntagResource","s3express:Put*","s3express:Delete*","#,
            r#""s3express:CreateAccessPoint*","s3express:TagResource","s3express:UntagResource","#,
            // Credentials of up to twelve hours, and who gets them. signin's are those of `aws login`, from a console session;
            // what GetWebIdentityToken gives is good for an hour with whoever trusts the account.
            r#""s3:GetDataAccess","s3:*AccessGrant*","lakeformation:GetTemporary*","sts:Assume*","sts:Get*Token","#,
            r#""sts:TagSession","signin:Authorize*","signin:Create*","#,
            // Other identities, and the key.
            r#""iam:*","kms:CreateGrant","kms:PutKeyPolicy","kms:ReplicateKey"]}}]}}"#
        ),
        instant(ends),
        instant(before(ends, DIRECTORY_BUCKET_TOKEN))
    )
}
