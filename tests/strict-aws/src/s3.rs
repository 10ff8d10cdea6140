//! S3, as far as the field's readers use it to try a credential.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::answer::ApiError;
use crate::caller::Caller;
use crate::fault::Operation;
use crate::identity::Principal;
use crate::policy::{Policy, Purpose, Request, Statement};
use crate::record::Issued;
use crate::world::{State, World};

#[derive(Debug)]
pub(crate) struct Bucket {
    policy: Vec<(Statement, Vec<Principal>)>,
    objects: BTreeMap<String, Vec<u8>>,
}

impl World {
    /// Creates a bucket, or saves its policy anew.
    ///
    /// # Panics
    /// If the policy is malformed or names a principal that does not exist, as AWS refuses both.
    pub fn add_bucket(&self, name: &str, policy: &str) {
        let mut state = self.lock();
        let Policy(statements) = Policy::parse(policy, Purpose::Bucket).unwrap_or_else(|error| panic!("{error}: {policy}"));
        let resolve = |statement: Statement| {
            let principals = statement.principals.iter().map(|arn| state.resolve(arn)).collect::<Result<_, _>>();
            (statement, principals.unwrap_or_else(|error| panic!("{error}")))
        };
        let policy = statements.into_iter().map(resolve).collect();
        let objects = state.buckets.remove(name).map(|bucket| bucket.objects).unwrap_or_default();
        state.buckets.insert(name.to_owned(), Bucket { policy, objects });
    }

    /// Puts an object there.
    ///
    /// # Panics
    /// If there is no such bucket.
    pub fn add_object(&self, bucket: &str, key: &str, content: &[u8]) {
        let mut state = self.lock();
        let bucket = state.buckets.get_mut(bucket).unwrap_or_else(|| panic!("no bucket {bucket}"));
        bucket.objects.insert(key.to_owned(), content.to_vec());
    }

    /// Reads an object's ACL; answers with the owner's id.
    ///
    /// # Errors
    /// `ExpiredToken` (400), `AccessDenied` (403), `NoSuchBucket`, `NoSuchKey` (404) and the rest of authentication.
    pub fn get_object_acl(&self, caller: &Caller, bucket: &str, key: &str) -> Result<String, ApiError> {
        let operation = Operation::GetObjectAcl;
        self.call(operation, caller, vec![("bucket", bucket.to_owned()), ("key", key.to_owned())], |state, now, who| {
            state.object(now, who, "s3:GetObjectAcl", bucket, key)?;
            Ok("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned())
        })
    }

    /// Reads an object.
    ///
    /// # Errors
    /// As [`World::get_object_acl`].
    pub fn get_object(&self, caller: &Caller, bucket: &str, key: &str) -> Result<Vec<u8>, ApiError> {
        let operation = Operation::GetObject;
        self.call(operation, caller, vec![("bucket", bucket.to_owned()), ("key", key.to_owned())], |state, now, who| {
            state.object(now, who, "s3:GetObject", bucket, key).map(<[u8]>::to_vec)
        })
    }

    /// Writes an object; `only_if_new`, as `If-None-Match: *` has it, only if there is none.
    ///
    /// # Errors
    /// `PreconditionFailed` (412) if there is one all the same, and as [`World::get_object_acl`].
    pub fn put_object(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &str,
        content: &[u8],
        only_if_new: bool,
    ) -> Result<(), ApiError> {
        let parameters = vec![("bucket", bucket.to_owned()), ("key", key.to_owned())];
        self.call(Operation::PutObject, caller, parameters, |state, now, who| {
            let objects = &state.may_s3(now, who, "s3:PutObject", bucket, Some(key))?.objects;
            if only_if_new && objects.contains_key(key) {
                let text = "At least one of the pre-conditions you specified did not hold";
                return Err(ApiError::new(412, "PreconditionFailed", text));
            }
            let bucket = state.buckets.get_mut(bucket).expect("it was there just now");
            bucket.objects.insert(key.to_owned(), content.to_vec());
            Ok(())
        })
    }

    /// Whether the bucket is there and open to the caller; needs `s3:ListBucket`.
    ///
    /// # Errors
    /// As [`World::get_object_acl`].
    pub fn head_bucket(&self, caller: &Caller, bucket: &str) -> Result<(), ApiError> {
        self.call(Operation::HeadBucket, caller, vec![("bucket", bucket.to_owned())], |state, now, who| {
            state.may_s3(now, who, "s3:ListBucket", bucket, None).map(|_| ())
        })
    }
}

impl State {
    fn may_s3(&self, now: Timestamp, who: &Issued, action: &str, name: &str, key: Option<&str>) -> Result<&Bucket, ApiError> {
        let bucket = self.buckets.get(name);
        let bucket = bucket.ok_or_else(|| ApiError::new(404, "NoSuchBucket", "The specified bucket does not exist"))?;
        let resource = key.map_or_else(|| format!("arn:aws:s3:::{name}"), |key| format!("arn:aws:s3:::{name}/{key}"));
        let asked = Request::new(action, &resource, now);
        self.allows(who, asked, &bucket.policy).map_err(|refusal| {
            let (who, why) = (&who.arn, refusal.text(action));
            let text = format!("User: {who} is not authorized to perform: {action} on resource: \"{resource}\" {why}");
            ApiError::new(403, "AccessDenied", text)
        })?;
        Ok(bucket)
    }

    fn object(&self, now: Timestamp, who: &Issued, action: &str, name: &str, key: &str) -> Result<&[u8], ApiError> {
        let bucket = self.may_s3(now, who, action, name, Some(key))?;
        let missing = || ApiError::new(404, "NoSuchKey", "The specified key does not exist.");
        bucket.objects.get(key).map(Vec::as_slice).ok_or_else(missing)
    }
}

#[cfg(test)]
#[path = "s3_tests.rs"]
mod tests;
