//! Where the emulators are known not to do as AWS does, and why that is no finding about credadmin.

/// An emulator's own ways, for one reason.
pub struct Departures {
    pub emulator: &'static str,
    pub why: &'static str,
    /// The case, and what the emulator does instead.
    pub rows: &'static [(&'static str, &'static str)],
}

/// All that are known of moto 5.2.5 and ministack 1.5.33.
pub const DEPARTURES: &[Departures] = &[
    Departures {
        emulator: "moto",
        why: "it asks nobody who they are: no key, signature, trust or policy is looked at (its own authorization refuses \
              every AssumeRole)",
        rows: &[
            ("§3: a tag that the trust does not allow", "ok"),
            ("§3: a role that does not exist", "ok"),
            ("§8: a session name that the trust does not like", "ok"),
            ("§8: EC2Normal assumes the role", "ok"),
            ("§8: CredAdmin assumes another role", "ok"),
            ("§8: CredAdmin describes another secret", "ok"),
            ("§8: CredAdmin describes what is absent", "ResourceNotFoundException 404"),
            ("§8: CredAdmin reads its secret", "ok"),
            ("§8: EC2Normal writes the secret", "ok"),
            ("§2: a Deny from now on", "ok"),
            ("§2: a session policy that allows something else", "ok"),
            ("§7, STS: a token that is none", "ok"),
            ("§7, Secrets Manager: a token that is none", "ok"),
            ("§7, STS: a key id that is none", "ok"),
            ("§7, Secrets Manager: a key id that is none", "ok"),
            ("§7, STS: a wrong secret key", "ok"),
            ("§7, Secrets Manager: a wrong secret key", "ok"),
        ],
    },
    Departures {
        emulator: "moto",
        why: "of an AssumeRole it looks at the length of the session name only",
        rows: &[
            ("§1: 899 seconds", "ok"),
            ("§1: 3601 seconds by role chaining", "ok"),
            ("§1: more than the role's maximum", "ok"),
            ("§1: 43,201 seconds", "ok"),
            ("§3: a session name with a blank", "ok"),
            ("§2: a session policy that is no JSON", "ok"),
            ("§2: a session policy of 2049 characters", "ok"),
            ("§7: a role ARN that is none", "ok"),
        ],
    },
    Departures {
        emulator: "moto",
        why: "what is not found is not found by HTTP's status, too; the code is AWS's, and that is what is judged by",
        rows: &[
            ("a secret without a value: read", "ResourceNotFoundException 404"),
            ("describe what is absent", "ResourceNotFoundException 404"),
            ("write what is absent", "ResourceNotFoundException 404"),
            ("read what is absent", "ResourceNotFoundException 404"),
        ],
    },
    Departures {
        emulator: "moto",
        why: "DescribeSecret goes on listing versions whose labels are gone, with none",
        rows: &[("the third version: the first is no longer listed", "v0, v1 AWSPREVIOUS, v2 AWSCURRENT")],
    },
    Departures {
        emulator: "moto",
        why: "only reading looks at whether a secret is deleted",
        rows: &[("write what is deleted", "ok")],
    },
    Departures {
        emulator: "moto",
        why: "it counts neither versions nor bytes",
        rows: &[("version 101 in 24 hours", "ok"), ("a value of 65,537 bytes", "ok")],
    },
    Departures {
        emulator: "ministack",
        why: "a token is a version's name and nothing else: whoever sends it again overwrites, and moves the labels",
        rows: &[
            ("the same token, other content", "ok"),
            ("the same token, other content: the value stays", "other"),
            ("the current version sent again: labels stay", "v1 AWSCURRENT"),
            ("an older version sent again: labels stay", "v0 AWSCURRENT, v1 AWSPREVIOUS"),
            ("a token of 31 characters", "ok"),
            ("a token of 65 characters", "ok"),
        ],
    },
    Departures {
        emulator: "ministack",
        why: "CreateSecret makes a version under an id of its own, an empty one where no value is given",
        rows: &[
            ("the token of CreateSecret, the first version's id", "another"),
            ("a secret without a value: no version", "a version of its own AWSCURRENT"),
            ("a secret without a value: read", "ok"),
            ("a secret without a value: its first version", "a version of its own AWSPREVIOUS, v1 AWSCURRENT"),
        ],
    },
    Departures {
        emulator: "ministack",
        why: "it counts neither versions nor bytes",
        rows: &[("version 101 in 24 hours", "ok"), ("a value of 65,537 bytes", "ok")],
    },
    Departures {
        emulator: "ministack",
        why: "it looks at trust and policies, not at the bounds of AssumeRole's parameters",
        rows: &[
            ("§1: 899 seconds", "ok"),
            ("§1: 3601 seconds by role chaining", "ok"),
            ("§1: more than the role's maximum", "ok"),
            ("§1: 43,201 seconds", "ok"),
            ("§3: a session name of 65 characters", "ok"),
            ("§3: a session name with a blank", "ok"),
            ("§7: a role ARN that is none", "AccessDenied 403"),
        ],
    },
    Departures {
        emulator: "ministack",
        why: "it refuses for every service with one HTTP status; the code is AWS's, and that is what is judged by",
        rows: &[
            ("§8: CredAdmin describes another secret", "AccessDeniedException 403"),
            ("§8: CredAdmin describes what is absent", "AccessDeniedException 403"),
            ("§8: CredAdmin reads its secret", "AccessDeniedException 403"),
            ("§8: EC2Normal writes the secret", "AccessDeniedException 403"),
            ("§2: a Deny from now on", "AccessDeniedException 403"),
            ("§2: a session policy that allows something else", "AccessDeniedException 403"),
        ],
    },
];
