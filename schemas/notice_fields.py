"""What the templates of notices may say: one row for each notice. What stands in it is decided by `pipeline.notice_fields`."""

import polars as pl

from schemas.columns import Table, described


class NoticeFields(Table):
    """One row for each notice; a field that the recipient may not see, or that nobody knows, is null. Key: `notice_id`."""

    notice_id: str = described("The notice.")
    kind: str = described("What it tells, in the program's words.")
    recipient_kind: str = described("Who is told, in the program's words.")
    language: str = described("Language that the recipient reads: an ISO 639 code, `und` when what the plan holds names none.")
    written_on: pl.Date = described("Day on which it is written, in plan time.")
    recipient: str = described("Name of the recipient.", nullable=True)
    address: pl.List(pl.String) = described("Lines of the recipient's postal address, below the name; none when there is none.")  # type: ignore[valid-type]
    plan_name: str = described("Name of the plan.")
    plan_phone: str = described("Phone number that people call with questions, ten digits.", nullable=True)
    plan_tty: str = described("Phone number for who cannot hear or speak well.", nullable=True)
    plan_hours: str = described("When somebody answers, in the recipient's language or else in English.", nullable=True)
    plan_website: str = described("The plan's website.", nullable=True)
    plan_address: pl.List(pl.String) = described("Lines of the plan's own postal address, below its name; none when there is none.")  # type: ignore[valid-type]
    member_name: str = described("The member: first and last name.", nullable=True)
    cin: str = described("The member's Client Index Number; for providers only.", nullable=True)
    referral_id: str = described("The plan's number for the referral.", nullable=True)
    program: str = described("`ECM` or `CS`.", nullable=True)
    service: str = described("The service asked for, in the field's words.", nullable=True)
    referral_date: pl.Date = described("Day that the referral was made.", nullable=True)
    decision: str = described("`Approved` or `Denied`, of a decision.", nullable=True)
    decision_date: pl.Date = described("Day of the decision.", nullable=True)
    denial_reason: str = described("Why the plan denied, in its own words; see `denial_reason_withheld`.", nullable=True)
    denial_reason_withheld: bool = described("Whether there is a reason for the denial that this recipient may not see.")
    redisclosure: str = described("Notice against redisclosure; there when what stands here needs one.", nullable=True)
    authorization_number: str = described("Number of the authorization; not for members.", nullable=True)
    authorization_effective: pl.Date = described("First day authorized, of an approval.", nullable=True)
    authorization_end: pl.Date = described("Last day authorized, of an approval.", nullable=True)
    reason: str = described("Why the loop closed, in the field's words, of a closure.", nullable=True)
    closed_date: pl.Date = described("Day that it closed.", nullable=True)
    corrects_earlier: bool = described("Whether it takes the place of an earlier notice, which gave another reason.")
    provider_name: str = described("The provider that it speaks of.", nullable=True)
    provider_phone: str = described("The provider's phone number, ten digits.", nullable=True)
    assigned_date: pl.Date = described("Day that the referral was placed with the provider.", nullable=True)
    status: str = described("How a referral that is still open stands, or a streamlined span, in the field's words.", nullable=True)
    ends_date: pl.Date = described("Last day of the streamlined span, of a span that ends.", nullable=True)
    counted: str = described("How many referrals stand on an aging list.", nullable=True)
    listed_date: pl.Date = described("Day of the aging list.", nullable=True)
    list_file: str = described("Name of the file with that list, in the provider's folder.", nullable=True)
    period: str = described("The month that a notice to a provider is about, `YYYY-MM`.", nullable=True)
    file_due_date: pl.Date = described("Day on which the provider's file is, or was, due.", nullable=True)
    file_status: str = described("`missing`, `rejected`, `late` or `incomplete`, of a late file.", nullable=True)
    due_date: pl.Date = described("Day on which it is due.", nullable=True)
