"""Rules of what goes to DHCS and comes back from there; files of providers break none of them."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.rule import Rule, Scope, Severity

SUBMISSION = "Monthly submission to DHCS"

DHCS_RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            "D101",
            Severity.ERROR,
            Scope.ROW,
            "Refused by DHCS",
            message="DHCS did not take the record: {detail}",
            fix="Correct what the plan's own systems say of the referral; the next submission replaces the record.",
            intent="What DHCS refuses it does not count, and the plan's figures would be smaller than its work.",
            bad="A record that the response file names.",
            good="A record that it does not name.",
            source=SUBMISSION,
            needs_plan=True,
        ),
        Rule(
            "D102",
            Severity.WARNING,
            Scope.ROW,
            "Response to a record never sent",
            message="The response names a record that is in no submission of this plan: {detail}",
            fix="Ask DHCS which submission it speaks of.",
            intent="A response to something else would hide that our own is still to come.",
            bad="A record key that this store never gave out.",
            good="A key of a record that was sent.",
            source=SUBMISSION,
            needs_plan=True,
        ),
        Rule(
            "D103",
            Severity.ERROR,
            Scope.ROW,
            "Record held back",
            message="The record does not keep the schema and was not written: {detail}",
            fix="Correct what the plan's own systems say of the referral and build again.",
            intent="One record that lacks something must not keep the others from going, and must not go unseen.",
            bad="A referral whose member the plan's extract does not have.",
            good="A referral whose member, service and day are known.",
            source=SUBMISSION,
            needs_plan=True,
        ),
    )
}
