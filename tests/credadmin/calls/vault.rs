//! What readers get, and how often it is sent.

use credadmin::aws::Receipt;
use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::session::Session;
use credadmin::vault::{Told, publish};
use jiff::SignedDuration;

use super::{Scripted, after, at, credential, names, secret};

fn session() -> Session {
    Session {
        credential: credential(["ASIAEXAMPLE", "key", "token"]),
        ends: after(3_600_900),
        issued_at: after(0),
        session_name: String::new(),
        skew: SignedDuration::ZERO,
        token_utilization: None,
        request_id: None,
    }
}

fn trouble(kind: Kind) -> Trouble {
    Trouble::new(Operation::PutSecretValue, kind, "X", "")
}

fn receipt() -> Receipt {
    Receipt { request_id: Some("request".into()) }
}

/// What comes of these receipts, and what was sent.
async fn published(receipts: Vec<Result<Receipt, Trouble>>, in_time: bool) -> (Result<Receipt, Trouble>, Vec<[String; 3]>) {
    let aws = Scripted::new();
    *aws.receipts.lock().unwrap() = receipts.into();
    let grants = names(&["g", "h"]);
    let told = Told { grants: &grants, opens_next: None };
    let answer = publish(&aws, &secret(true), told, &session(), "version", || in_time).await;
    (answer, aws.put.into_inner().unwrap())
}

#[tokio::test]
async fn readers_get_the_three_keys_of_always_and_what_lets_them_know_more() {
    let (answer, put) = published(vec![Ok(receipt())], true).await;
    assert_eq!(answer, Ok(receipt()));
    let value = concat!(
        r#"{"sessionId":"ASIAEXAMPLE","sessionKey":"key","sessionToken":"token","expiration":"2026-12-01T09:00:00Z","#,
        r#""role_arn":"arn:aws:iam::123456789012:role/SAccess","grants":["g","h"],"issued_at":"2026-12-01T08:00:00Z"}"#
    );
    assert_eq!(put, [["S".to_owned(), "version".to_owned(), value.to_owned()]]);

    let aws = Scripted::new();
    aws.receipts.lock().unwrap().push_back(Ok(receipt()));
    let told = Told { grants: &[], opens_next: Some(at("2026-12-02T08:00:00Z")) };
    publish(&aws, &secret(true), told, &session(), "version", || true).await.unwrap();
    let [_, _, value] = aws.put.lock().unwrap().pop().unwrap();
    assert!(value.ends_with(r#""opens_next":"2026-12-02T08:00:00Z"}"#), "{value}");
}

#[tokio::test]
async fn what_is_ambiguous_is_sent_again_as_it_is_once_and_while_it_is_in_time() {
    for kind in [Kind::Server, Kind::Network, Kind::Timeout, Kind::Garbled] {
        let (answer, put) = published(vec![Err(trouble(kind)), Ok(receipt())], true).await;
        assert_eq!((answer, put.len()), (Ok(receipt()), 2), "{kind:?}");
        assert_eq!(put[0], put[1]);
        let (answer, put) = published(vec![Err(trouble(kind)), Err(trouble(Kind::Denied))], true).await;
        assert_eq!((answer, put.len()), (Err(trouble(Kind::Denied)), 2));
        let (answer, put) = published(vec![Err(trouble(kind)), Err(trouble(kind))], true).await;
        assert_eq!((answer, put.len()), (Err(trouble(kind)), 2), "no third time");
        let (answer, put) = published(vec![Err(trouble(kind))], false).await;
        assert_eq!((answer, put.len()), (Err(trouble(kind)), 1), "not in time");
    }
    for kind in [Kind::Throttled, Kind::Denied, Kind::Exists, Kind::VersionQuota, Kind::StaleCredentials] {
        let (answer, put) = published(vec![Err(trouble(kind))], true).await;
        assert_eq!((answer, put.len()), (Err(trouble(kind)), 1), "{kind:?}");
    }
}
