"""Code lists: which texts mean which label, and that nothing matches by accident."""

import polars as pl
import pytest

from config.load import load_profile, profile_names
from schemas.codes import CLOSURE_REASONS, CS_SERVICES, REFERRAL_STATUSES, SERVICES, Code, CodeList, plain, plain_words


def meaning(codes: CodeList, text: str) -> str | None:
    found: str | None = pl.select(codes.parse(pl.lit(text))).item()
    return found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1", "Accepted"),
        ("ACCEPTED", "Accepted"),
        ("  accepted ", "Accepted"),
        ("5. Referral Loop Closed", "Referral Loop Closed"),
        ("5 - referral loop-closed", "Referral Loop Closed"),
        ("Referral\u00a0Loop\nClosed", "Referral Loop Closed"),
        ("Denied", "Declined"),
        ("4", "Outreach Initiated"),
        ("3. Accepted", None),  # the code of one, the label of another
        ("6", None),
        ("05", None),
        ("5.0", None),
        ("Closed", None),
        ("Referral Loop Closed?!", "Referral Loop Closed"),
        ("", None),
    ],
)
def test_a_status_is_written_as_code_label_or_both(text: str, label: str | None) -> None:
    assert meaning(REFERRAL_STATUSES, text) == label


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        (REFERRAL_STATUSES, "\u0410ccepted"),  # Cyrillic A
        (REFERRAL_STATUSES, "Pend\u0131ng"),  # dotless i
        (REFERRAL_STATUSES, "P\u0435nding"),  # Cyrillic e
        (REFERRAL_STATUSES, "\uff15"),  # full-width 5
        (REFERRAL_STATUSES, "Acc\u200bepted"),
        (CS_SERVICES, "Personal Care and Homema\u212aer Services"),  # Kelvin sign
        (SERVICES, "\u00a7ECM"),
    ],
)
def test_look_alike_letters_never_match(codes: CodeList, text: str) -> None:
    assert meaning(codes, text) is None


@pytest.mark.parametrize(
    ("codes", "text", "label"),
    [
        (CLOSURE_REASONS, "Service Received", "Services Received"),
        (CLOSURE_REASONS, "3. Unable to reach members", "Unable to Reach Member"),
        (CLOSURE_REASONS, "Member No Longer Need Service or Decline Service", "Member No Longer Needs Services or Declines Services"),
        (CS_SERVICES, "Housing Deposit", "Housing Deposits"),
        (REFERRAL_STATUSES, "Pending (3)", "Pending"),
        (REFERRAL_STATUSES, "Referral Loops Closed", "Referral Loop Closed"),
        (REFERRAL_STATUSES, "Accepteds\u0455", None),  # a Cyrillic s
        (CodeList("Pets", (Code("1", "Cat"), Code("2", "Cats"))), "cats", "Cats"),
        (CodeList("Pets", (Code("1", "Dogs"), Code("2", "Dog"))), "dogs", "Dogs"),
        (CodeList("Pets", (Code("1", "Big Cats"), Code("2", "Bigs Cat"))), "Bigs Cats", None),  # either could be meant
    ],
)
def test_singular_and_plural_mean_the_same_where_no_other_value_is_meant_by_them(codes: CodeList, text: str, label: str | None) -> None:
    assert meaning(codes, text) == label


def test_both_ways_of_comparing_texts_agree() -> None:
    texts = ["5. Referral  Loop-Closed", "\u212aelvin", "\u0130x", "A\u00a0b", " (MCP) x_y ", "\u017f", "caf\u00c9"]
    assert pl.DataFrame({"text": texts}).select(plain(pl.col("text"))).to_series().to_list() == [plain_words(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("5", "Member No Longer Needs Services or Declines Services"),
        ("Member no longer needs services", "Member No Longer Needs Services or Declines Services"),
        ("7", "Authorization Denied"),
    ],
)
def test_a_reason_may_be_the_short_form_of_table_12(text: str, label: str) -> None:
    assert meaning(CLOSURE_REASONS, text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("H0043 U6", "Housing Transition Navigation Services"),
        ("h0043-u6", "Housing Transition Navigation Services"),
        ("H0014", "Sobering Centers"),
        ("H0043", None),  # the code alone stands for several services
        ("ECM", None),
        ("Recuperative Care (Medical Respite)", "Recuperative Care (Medical Respite)"),
    ],
)
def test_a_community_support_is_named_by_label_or_by_hcpcs_with_modifier(text: str, label: str | None) -> None:
    assert meaning(CS_SERVICES, text) == label


def test_one_spelling_never_means_two_labels() -> None:
    with pytest.raises(ValueError, match="means both"):
        CodeList("colours", (Code("1", "Red"), Code("2", "Green", ("red",))))


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize(
    ("text", "label"), [("Currently Delivering Service", "Currently Delivering Services"), ("4", "Services Discontinued")]
)
def test_every_profile_knows_the_engagements_of_community_supports(name: str, text: str, label: str) -> None:
    assert meaning(load_profile(name).codes.engagement("CS"), text) == label
