use crate::world::tests::world_and_clock;

use super::*;

const FROM: &str = "credadmin@example.com";

fn mail(to: &str) -> SendEmail {
    SendEmail { from: FROM.into(), to: vec![to.into()], subject: "s".into(), text: Some("t".into()), ..SendEmail::default() }
}

#[test]
fn who_is_not_verified_is_refused_and_in_the_sandbox_recipients_too() {
    let (world, clock) = world_and_clock();
    let admin =
        world.add_user("admin", &[r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#]);
    let caller = Caller::holding(&admin);
    let send = |to: &str| world.send_email(&caller, &mail(to)).map_err(|error| (error.status, error.code, error.message));
    let refused = |who: &str| {
        let text = "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: ";
        Err((400, "MessageRejected".to_owned(), format!("{text}{who}")))
    };
    assert_eq!(send("jane@corp.example"), refused(&format!("{FROM}, jane@corp.example")));
    world.verify_identity("example.com");
    assert_eq!(send("jane@corp.example"), refused("jane@corp.example"));
    world.verify_identity("jane@corp.example");
    assert!(send("jane@corp.example").is_ok());
    assert_eq!(
        send("jane@corp.example").map_err(|(status, code, _)| (status, code)),
        Err((429, "TooManyRequestsException".into()))
    );
    clock.advance(1);
    assert!(send("jane@corp.example").is_ok());
    for _ in 2..200 {
        clock.advance(1);
        assert!(send("jane@corp.example").is_ok());
    }
    clock.advance(1);
    assert_eq!(
        send("jane@corp.example").map_err(|(status, code, _)| (status, code)),
        Err((400, "LimitExceededException".into()))
    );
    world.leave_the_sandbox();
    assert!(send("anybody@corp.example").is_ok());
    clock.advance(24 * 3600);
    assert_eq!(world.get_ses_account(&caller), Ok((true, 0)));
}

#[test]
fn a_message_needs_a_body_a_line_of_subject_its_configuration_set_and_the_right() {
    let (world, _clock) = world_and_clock();
    let allow = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"ses:SendEmail","Resource":"{resource}"}}]}}"#
        )
    };
    let all = world.add_user("all", &[&allow("*")]);
    let identity = world.add_user("identity", &[&allow("arn:aws:ses:eu-central-1:123456789012:identity/example.com")]);
    world.verify_identity("example.com");
    world.leave_the_sandbox();
    let send = |keys, mail: SendEmail| world.send_email(&Caller::holding(keys), &mail).map(|_| ()).map_err(|error| error.code);
    let with_set = || SendEmail { configuration_set: Some("tls".into()), ..mail("a@b.example") };
    assert_eq!(send(&all, SendEmail { text: None, ..mail("a@b.example") }), Err("BadRequestException".into()));
    assert_eq!(send(&all, SendEmail { subject: "a\nb".into(), ..mail("a@b.example") }), Err("BadRequestException".into()));
    assert_eq!(send(&all, with_set()), Err("NotFoundException".into()));
    world.put_configuration_set("tls", true);
    assert_eq!(send(&all, with_set()), Ok(()));
    assert_eq!(send(&identity, mail("a@b.example")), Ok(()));
    assert_eq!(send(&identity, with_set()), Err("AccessDeniedException".into()), "it needs the right to the set too");
    assert_eq!(world.mails().len(), 2);
}

#[test]
fn a_recipient_that_is_an_identity_of_the_account_needs_the_right_to_it_too() {
    let (world, _clock) = world_and_clock();
    let own = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendEmail",
        "Resource":"arn:aws:ses:eu-central-1:123456789012:identity/example.com"}]}"#;
    let any = own.replace("identity/example.com", "identity/*");
    let (own, any) = (world.add_user("own", &[own]), world.add_user("any", &[&any]));
    world.verify_identity("example.com");
    world.leave_the_sandbox();
    let send = |keys| world.send_email(&Caller::holding(keys), &mail("jane@corp.example")).map(drop).map_err(|error| error.code);
    assert_eq!(send(&own), Ok(()), "nobody's identity");
    world.verify_identity("jane@corp.example");
    assert_eq!(send(&own), Err("AccessDeniedException".into()));
    assert_eq!(send(&any), Ok(()));
}
