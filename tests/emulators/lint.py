"""Judges policies with parliament and its community's auditors: `lint.py FILE`, which holds {name: document}.

Prints one JSON line a finding: where, how severe, what, and about which calls.
"""

import json
import sys
from pathlib import Path

import parliament

AUDITORS = Path(parliament.__file__).with_name("community_auditors")
parliament.override_config(str(AUDITORS / "config_override.yaml"))

for name, document in json.loads(Path(sys.argv[1]).read_text()).items():
    if name.endswith(".trust.json"):
        # parliament knows no trust: to it this is a policy of the role as a resource.
        role = name.removesuffix(".trust.json")
        for statement in document["Statement"]:
            statement["Resource"] = f"arn:aws:iam::123456789012:role/{role}"
    policy = parliament.analyze_policy_string(json.dumps(document), filepath=name, include_community_auditors=True)
    for finding in map(parliament.enhance_finding, policy.findings):
        about = finding.location.get("actions", str(finding.detail))
        print(json.dumps({"file": name, "severity": finding.severity, "issue": finding.issue, "about": about}))
