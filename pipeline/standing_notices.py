"""Decides what becomes of queued notices when what they tell, or whom, has changed since: withdrawn, settled or addressed anew.

Trigger, due time and what was known when stay as they were queued.
"""

from __future__ import annotations

import polars as pl

from config.settings import Settings
from pipeline.business_days import MOMENT
from pipeline.closure_notices import OF_LOOP
from pipeline.notice_facts import DAY, is_open, plan_day, side
from pipeline.recipients import BY_HAND, MEMBER, ORGANIZATIONS
from schemas.codes import SOBERING_CENTERS
from schemas.notices import NoticeKind, NoticeState

NOBODY = "nobody is to be told of it any more"
OUTSIDE = "the service is outside closed-loop referral"
DECISION_CHANGED = "the decision was changed or taken back before it was told"
REASON_CHANGED = "the reason for the denial was changed before it was told"
CLOSURE_CHANGED = "the reason for the closure was changed before it was told"
CLOSURE_GONE = "the closure was taken back before it was told"
PLACED_ELSEWHERE = "the referral was placed elsewhere before it was told"
NOT_SERVED = "the provider declined, or the authorization was denied, before it was told"
PLACEMENT_GONE = "the placement was taken back before it was told"
CLOSED = "the referral was closed before it was told"
LATER_UPDATE = "a later update takes its place"
DECIDED_OR_OVER = "the span was decided, placed elsewhere, closed or is over"
LATER_LIST = "a later list takes its place, or nothing is left to be worked"
FILE_CAME = "the file came, is not owed, or its due time has passed"
NO_LONGER_LATE = "the provider is not late, or a later period has fallen due"
PLACEMENTS = (NoticeKind.ASSIGNMENT.value, NoticeKind.REREFERRAL.value, NoticeKind.PCP_ASSIGNMENT.value)
BY_KIND = {
    NoticeKind.STREAMLINED_ENDING.value: DECIDED_OR_OVER,
    NoticeKind.AGING.value: LATER_LIST,
    NoticeKind.RTF_REMINDER.value: FILE_CAME,
    NoticeKind.RTF_LATE.value: NO_LONGER_LATE,
}
TOLD_BY_PLAN = "the plan's own extract says that the member was told"
COMPARED = ("recipient_kind", "recipient", "tells", "tells_date", "tells_reason")
ADDRESS = ("contact", "channel", "state", "why_manual")


def withdrawn(known: pl.DataFrame, now: pl.DataFrame, facts: pl.DataFrame, referrals: pl.DataFrame, loops: pl.DataFrame) -> pl.DataFrame:
    """The next version of open notices that would not be owed by what is known now: cancelled, with the reason.

    known: current versions. now: the notices that would be queued now. facts: all that holds, whether or not anybody is there to be told.
    referrals: current versions of all. loops: `schemas.history.Loops`.
    """
    gone = known.filter(is_open()).join(now, on="notice_id", how="anti", maintain_order="left")
    if gone.is_empty():
        return gone
    now = referrals.select("referral_id", "service", "authorization_status", decided_at="decision_at")
    last = loops.group_by("referral_id").agg(
        last_loop=pl.col("loop").max(), closed=pl.col("closed_on").sort_by("loop").last().is_not_null()
    )
    own = loops.select(*OF_LOOP, own_closed=pl.col("closed_on").is_not_null())
    held = facts.select("notice_id", holds=pl.lit(value=True)).unique()
    joined = gone.join(held, on="notice_id", how="left", maintain_order="left")
    joined = joined.join(now, on="referral_id", how="left", maintain_order="left")
    joined = joined.join(last, on="referral_id", how="left", maintain_order="left").join(own, on=OF_LOOP, how="left", maintain_order="left")
    return joined.with_columns(state=pl.lit(NoticeState.CANCELLED.value), why_cancelled=_why(), why_manual=None).select(known.columns)


def _why() -> pl.Expr:
    kind = pl.col("kind")
    same_decision = (pl.col("tells") == pl.col("authorization_status")) & (pl.col("trigger_at") == pl.col("decided_at"))
    elsewhere = pl.col("last_loop") > pl.coalesce("loop", pl.lit(0))
    reasons = (
        (pl.col("holds"), NOBODY),
        ((pl.col("service") == SOBERING_CENTERS), OUTSIDE),
        ((kind == NoticeKind.AUTHORIZATION_DECISION.value) & same_decision, REASON_CHANGED),
        (kind == NoticeKind.AUTHORIZATION_DECISION.value, DECISION_CHANGED),
        ((kind == NoticeKind.LOOP_CLOSURE.value) & pl.col("own_closed"), CLOSURE_CHANGED),
        (kind == NoticeKind.LOOP_CLOSURE.value, CLOSURE_GONE),
        (kind.is_in(PLACEMENTS) & elsewhere, PLACED_ELSEWHERE),
        (kind.is_in(PLACEMENTS) & pl.col("own_closed"), NOT_SERVED),
        (kind.is_in(PLACEMENTS), PLACEMENT_GONE),
        ((kind == NoticeKind.PENDING_UPDATE.value) & pl.col("closed"), CLOSED),
        ((kind == NoticeKind.PENDING_UPDATE.value) & elsewhere, PLACED_ELSEWHERE),
    )
    why = kind.replace_strict(BY_KIND, default=LATER_UPDATE, return_dtype=pl.String)
    for holds, reason in reversed(reasons):
        why = pl.when(holds.fill_null(value=False)).then(pl.lit(reason)).otherwise(why)
    return why


def settled(notices: pl.DataFrame, versions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Decision notices to members of which the plan's extract says that the member was told, as sent with that evidence.

    notices: open ones. versions: every version of every referral, with `known_at` and `known_by`. The day counts for the decision that
    it does not lie before. Nobody knows the hour: the end of the day is taken, or the moment of the extract where that was earlier.
    """
    told = (
        versions.filter(pl.col("member_notified_on").is_not_null())
        .unique(["referral_id", "decision_at", "member_notified_on"], keep="first", maintain_order=True)
        .select("referral_id", "member_notified_on", trigger_at="decision_at", noticed_at="known_at", noticed_by="known_by")
        .unique(["referral_id", "trigger_at"], keep="last", maintain_order=True)
    )
    to_member = (pl.col("kind") == NoticeKind.AUTHORIZATION_DECISION.value) & (side() == MEMBER)
    found = (
        notices.filter(to_member)
        .join(told, on=["referral_id", "trigger_at"], maintain_order="left")
        .filter(pl.col("member_notified_on") >= plan_day("trigger_at", settings))
    )
    day_ends = pl.col("member_notified_on").cast(pl.Datetime("us")) + pl.duration(hours=23, minutes=59, seconds=59)
    in_utc = day_ends.dt.replace_time_zone(settings.plan.time_zone, ambiguous="earliest").dt.convert_time_zone("UTC").cast(MOMENT)
    late = pl.format("the member was told on {}", pl.col("member_notified_on").dt.strftime(DAY))
    return (
        found.with_columns(
            state=pl.lit(NoticeState.SENT.value),
            sent_at=pl.min_horizontal(in_utc, "noticed_at"),
            evidence=pl.format("{} on {}: {}", pl.lit(TOLD_BY_PLAN), "member_notified_on", pl.col("noticed_by").fill_null("extract")),
            why_manual=None,
        )
        .with_columns(late_because=pl.when(pl.col("sent_at") > pl.col("due_at")).then(pl.coalesce("late_because", late)))
        .select(notices.columns)
    )


def addressed_anew(known: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The next version of open notices whose recipient, or what is told, is another than when they were queued.

    known: current versions. now: the same notices as they would be queued now. Where an organization has its notices sent to is decided
    when they are sent; here only a contact counts that came where there was none.
    """
    waits = known.filter(is_open()).join(
        now.select("notice_id", *(pl.col(name).name.suffix("_now") for name in (*COMPARED, *ADDRESS))), on="notice_id"
    )
    other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in COMPARED)
    person = ~pl.col("recipient_kind").is_in(ORGANIZATIONS)
    came = (pl.col("why_manual") != BY_HAND) & pl.col("why_manual_now").is_null()
    reached = pl.col("contact").ne_missing(pl.col("contact_now")) & (person | came.fill_null(value=False))
    changed = waits.filter(other | reached)
    whole = changed.with_columns(pl.col(f"{name}_now").alias(name) for name in COMPARED)
    moved = pl.col("contact").ne_missing(pl.col("contact_now")) & (person | came.fill_null(value=False))
    return whole.with_columns(pl.when(moved).then(f"{name}_now").otherwise(name).alias(name) for name in ADDRESS).select(known.columns)
