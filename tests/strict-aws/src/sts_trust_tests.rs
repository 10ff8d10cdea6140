//! What the two policies of an AssumeRole must both say: the caller's, and the role's trust.

use super::*;

#[test]
fn a_source_identity_needs_both_policies_and_stays() {
    let (world, _, caller) = scene();
    let request = AssumeRole { source_identity: Some("alice".into()), ..asking("Short", 900) };
    let error = world.assume_role(&caller, &request).expect_err("the trust is silent on it");
    assert!(error.message.contains("not authorized to perform: sts:SetSourceIdentity on resource: "), "{error}");
    world.update_role("Short", |role| role.allows_source_identity = true);
    let session = world.assume_role(&caller, &request).expect("both allow it");
    assert_eq!(session.source_identity.as_deref(), Some("alice"));

    world.put_role_policy("CredAdmin", "p", &CREDADMIN.replace(r#","sts:SetSourceIdentity""#, ""));
    let error = world.assume_role(&caller, &request).expect_err("the caller's policy is silent on it");
    assert!(error.message.contains("sts:SetSourceIdentity"), "{error}");

    world.put_role_policy("Short", "p", CREDADMIN);
    world.update_role("Long", |role| {
        role.trusted.push(role_arn("Short"));
        role.allows_source_identity = true;
    });
    let chained = Caller::holding(&keys(session));
    let other = AssumeRole { source_identity: Some("bob".into()), ..asking("Long", 900) };
    assert_eq!(validation_of(&world, &chained, &other), "The source identity is already set for this assume role session");
    let inherited = world.assume_role(&chained, &asking("Long", 900)).expect("may");
    assert_eq!(inherited.source_identity.as_deref(), Some("alice"));
}

#[test]
fn tags_need_both_policies_and_transitive_ones_stay() {
    let (world, _, caller) = scene();
    let request =
        AssumeRole { tags: vec![("team".into(), "a".into())], transitive_tag_keys: vec!["team".into()], ..asking("Short", 900) };
    let error = world.assume_role(&caller, &request).expect_err("the trust is silent on it");
    assert!(error.message.contains("sts:TagSession"), "{error}");
    world.update_role("Short", |role| role.allows_tags = true);
    world.put_role_policy("CredAdmin", "p", &CREDADMIN.replace(r#","sts:TagSession""#, ""));
    let error = world.assume_role(&caller, &request).expect_err("the caller's policy is silent on it");
    assert!(error.message.contains("sts:TagSession"), "{error}");
    world.put_role_policy("CredAdmin", "p", CREDADMIN);
    let session = keys(world.assume_role(&caller, &request).expect("may"));

    world.put_role_policy("Short", "p", CREDADMIN);
    world.update_role("Long", |role| {
        role.trusted.push(role_arn("Short"));
        role.allows_tags = true;
    });
    let again = AssumeRole { tags: vec![("TEAM".into(), "b".into())], ..asking("Long", 900) };
    let error = world.assume_role(&Caller::holding(&session), &again).expect_err("inherited");
    assert!(error.message.contains("conflicts with a transitive tag key"), "{error}");
    let twice = AssumeRole { tags: vec![("k".into(), "a".into()), ("K".into(), "b".into())], ..asking("Short", 900) };
    assert!(world.assume_role(&caller, &twice).expect_err("twice").message.contains("case insensitive"));
}

#[test]
fn the_external_id_must_be_the_one_asked_for() {
    let (world, _, caller) = scene();
    world.update_role("Short", |role| role.external_id = Some("right".into()));
    let with = |id: Option<&str>| AssumeRole { external_id: id.map(str::to_owned), ..asking("Short", 900) };
    assert_eq!(world.assume_role(&caller, &with(None)).expect_err("missing").code, "AccessDenied");
    assert_eq!(world.assume_role(&caller, &with(Some("wrong"))).expect_err("wrong").code, "AccessDenied");
    assert!(world.assume_role(&caller, &with(Some("right"))).is_ok());
}

#[test]
fn a_recreated_role_is_not_trusted_until_the_trust_is_saved_again() {
    let (world, _, _) = scene();
    world.delete_role("CredAdmin");
    world.add_role(Role::new("CredAdmin").policy("p", CREDADMIN));
    let instance = world.launch_instance("CredAdmin");
    let caller = Caller::holding(&world.instance_credentials(&instance).expect("has a role"));
    assert_eq!(world.assume_role(&caller, &asking("Short", 900)).expect_err("broken trust").code, "AccessDenied");
    world.update_role("Short", |_| ());
    assert!(world.assume_role(&caller, &asking("Short", 900)).is_ok());
}

#[test]
#[should_panic(expected = "Invalid principal in policy: arn:aws:iam::123456789012:role/Nobody")]
fn trust_in_nobody_is_refused() {
    world_and_clock().0.add_role(Role::new("Short").trusting(&role_arn("Nobody")));
}
