//! What is scripted to go wrong, and how often.

use std::time::Duration;

use jiff::SignedDuration;

use crate::answer::ApiError;
use crate::sts::AssumedRole;
use crate::world::World;

/// The service that an [`Operation`] belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Security Token Service.
    Sts,
    /// Secrets Manager.
    SecretsManager,
    /// S3.
    S3,
    /// Identity and Access Management.
    Iam,
    /// SES v2.
    Ses,
    /// The instance metadata service.
    Imds,
    /// The sign-in service of the console.
    Signin,
}

/// What a caller can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "AWS's own names")]
pub enum Operation {
    AssumeRole,
    GetCallerIdentity,
    CreateSecret,
    DeleteSecret,
    RestoreSecret,
    DescribeSecret,
    PutSecretValue,
    GetSecretValue,
    ListSecretVersionIds,
    UpdateSecretVersionStage,
    GetObject,
    GetObjectAcl,
    HeadBucket,
    PutRolePolicy,
    GetRolePolicy,
    PutObject,
    SendEmail,
    GetConfigurationSet,
    GetEmailIdentity,
    /// of SES
    GetAccount,
    /// of the sign-in service, as CloudTrail calls it
    GetSigninToken,
    /// of the sign-in service: what a browser asks for
    Login,
    /// `PUT /latest/api/token`
    ImdsToken,
    /// the list of roles
    ImdsRole,
    /// the role's credentials
    ImdsCredentials,
    ImdsRegion,
    ImdsInstanceId,
    ImdsIdentityDocument,
    /// the list of what there is
    ImdsIndex,
}

impl Operation {
    /// The service that offers it.
    pub fn service(self) -> Service {
        use Operation::*;
        match self {
            AssumeRole | GetCallerIdentity => Service::Sts,
            GetObject | GetObjectAcl | HeadBucket | PutObject => Service::S3,
            PutRolePolicy | GetRolePolicy => Service::Iam,
            SendEmail | GetConfigurationSet | GetEmailIdentity | GetAccount => Service::Ses,
            ImdsToken | ImdsRole | ImdsCredentials | ImdsRegion | ImdsInstanceId | ImdsIdentityDocument | ImdsIndex => {
                Service::Imds
            }
            GetSigninToken | Login => Service::Signin,
            _ => Service::SecretsManager,
        }
    }
}

/// One way to go wrong. Those of the connection need [`serve`](crate::serve); an adapter that calls the [`World`]
/// can act on `Answer`, `LostAnswer`, `Silent`, `Delay` and the three of AssumeRole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Refuse with this error; nothing is done.
    Answer(ApiError),
    /// Accept the request and never answer; nothing is done.
    Silent,
    /// Do it, send half of the answer, close the connection.
    Reset,
    /// Do it, announce the whole answer, send half of it and then nothing more.
    HalfBody,
    /// Do it, send the answer one byte a second.
    Drip,
    /// Status 200 with a body that is none of ours; nothing is done.
    Garbage,
    /// Status 200 with JSON, or XML, that is well formed and says nothing that was asked for; nothing is done.
    WrongShape,
    /// Hang up, close every other connection too, and let the kernel refuse new ones until [`World::heal`]; nothing is done.
    Refuse,
    /// AssumeRole: status 200 without credentials.
    EmptyCredentials,
    /// AssumeRole: credentials that were over a second before they were issued.
    PastExpiration,
    /// AssumeRole: credentials that really live an hour longer than asked for.
    LongerThanAsked,
    /// Do it, then close the connection without a word.
    LostAnswer,
    /// Wait so long (real time, not the World's), then do it.
    Delay(Duration),
}

#[derive(Debug)]
struct Rule {
    operation: Operation,
    only: Option<String>,
    fault: Fault,
    left: usize,
}

impl Rule {
    fn fits(&self, operation: Operation, id: &str) -> bool {
        let named = |only: &String| id == only || id.ends_with(&format!("/{only}")) || id.contains(&format!(":secret:{only}-"));
        self.left > 0 && self.operation == operation && self.only.as_ref().is_none_or(named)
    }
}

/// What happens when a request comes, beside its answer.
type Happening = Box<dyn FnOnce() + Send>;

/// All that is scripted, in the order in which it was.
#[derive(Default)]
pub(crate) struct Script {
    rules: Vec<Rule>,
    happenings: Vec<(Operation, Happening)>,
}

impl World {
    /// The next `times` requests for `operation` go wrong; `usize::MAX` is for ever.
    pub fn fail(&self, operation: Operation, fault: Fault, times: usize) {
        self.lock().script.rules.push(Rule { operation, only: None, fault, left: times });
    }

    /// The same, only for one secret (name or ARN), role (name or ARN) or bucket.
    pub fn fail_for(&self, operation: Operation, id: &str, fault: Fault, times: usize) {
        self.lock().script.rules.push(Rule { operation, only: Some(id.to_owned()), fault, left: times });
    }

    /// Something happens while the next request for `operation` is under way: it has come, and is not yet acted on.
    pub fn when_next(&self, operation: Operation, happens: impl FnOnce() + Send + 'static) {
        self.lock().script.happenings.push((operation, Box::new(happens)));
    }

    /// Takes back all that is scripted.
    pub fn heal(&self) {
        self.lock().script = Script::default();
        self.doors().open();
    }

    /// What is to go wrong with this request, if anything; counts it as having happened. `id` is the request's secret
    /// id, role ARN, bucket or instance role. The calls of `World` do not ask this themselves: [`serve`](crate::serve)
    /// or an adapter does.
    pub fn next_fault(&self, operation: Operation, id: &str) -> Option<Fault> {
        let mut state = self.lock();
        if let Some(at) = state.script.happenings.iter().position(|(expected, _)| *expected == operation) {
            let (_, happens) = state.script.happenings.remove(at);
            drop(state);
            happens();
            state = self.lock();
        }
        let rule = state.script.rules.iter_mut().find(|rule| rule.fits(operation, id))?;
        if rule.left != usize::MAX {
            rule.left -= 1;
        }
        Some(rule.fault.clone())
    }

    /// Makes an AssumeRole answer wrong in one of the three ways; leaves it as it is for any other fault.
    /// The session itself changes with it: `LongerThanAsked` is no mere misprint.
    pub fn twist(&self, fault: &Fault, answer: AssumedRole) -> AssumedRole {
        let now = self.now();
        let expiration = match (fault, answer.credentials.as_ref().and_then(|keys| keys.expiration)) {
            (Fault::EmptyCredentials, _) => return AssumedRole { credentials: None, ..answer },
            (Fault::PastExpiration, Some(_)) => now - SignedDuration::from_secs(1),
            (Fault::LongerThanAsked, Some(expiration)) => expiration + SignedDuration::from_hours(1),
            _ => return answer,
        };
        let credentials = answer.credentials.map(|keys| self.lock().change_expiration(&keys.access_key_id, expiration));
        AssumedRole { credentials, ..answer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role_arn;

    #[test]
    fn faults_are_counted_restricted_and_taken_back() {
        let world = World::new(|| jiff::Timestamp::UNIX_EPOCH);
        let fault = Fault::Answer(ApiError::new(500, "InternalFailure", "x"));
        world.fail_for(Operation::AssumeRole, "A", fault.clone(), 2);
        assert_eq!(world.next_fault(Operation::AssumeRole, &role_arn("B")), None);
        assert_eq!(world.next_fault(Operation::PutSecretValue, "A"), None);
        assert_eq!(world.next_fault(Operation::AssumeRole, &role_arn("A")), Some(fault.clone()));
        assert_eq!(world.next_fault(Operation::AssumeRole, "A"), Some(fault));
        assert_eq!(world.next_fault(Operation::AssumeRole, "A"), None);
        world.fail_for(Operation::PutSecretValue, "S", Fault::Silent, usize::MAX);
        for _ in 0..9 {
            let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:S-abcdef";
            assert_eq!(world.next_fault(Operation::PutSecretValue, arn), Some(Fault::Silent));
        }
        world.heal();
        assert_eq!(world.next_fault(Operation::PutSecretValue, "S"), None);
    }

    #[test]
    fn what_happens_with_a_request_happens_once() {
        let world = World::new(|| jiff::Timestamp::UNIX_EPOCH);
        let (seen, same) = (world.clone(), world.clone());
        world.when_next(Operation::AssumeRole, move || seen.fail(Operation::AssumeRole, Fault::Silent, 1));
        assert_eq!(world.next_fault(Operation::PutSecretValue, "S"), None);
        assert_eq!(world.next_fault(Operation::AssumeRole, "A"), Some(Fault::Silent), "already while it is under way");
        assert_eq!(world.next_fault(Operation::AssumeRole, "A"), None);
        world.when_next(Operation::AssumeRole, move || same.fail(Operation::AssumeRole, Fault::Silent, 1));
        world.heal();
        assert_eq!(world.next_fault(Operation::AssumeRole, "A"), None, "taken back with the rest");
    }
}
