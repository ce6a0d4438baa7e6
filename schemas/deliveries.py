"""Deliveries: every outbound file, made and delivered."""

import polars as pl

from schemas.columns import Moment, Table, described


class Deliveries(Table):
    """One row for each version of each outbound file; the last version stands. Key: `provider_id`, `file_name`."""

    plan: str = described("The plan.")
    file_name: str = described("Name in the recipient's folder.")
    kind: str = described(
        "mif, asf, receipt, findings, authorizations, late, or a file of notices: notice, notice-letters, notice-manifest, notice-feed."
    )
    provider_id: str = described("Who it goes to: a provider, an organization of the settings, `notices/print` or `notices/portal`.")
    sha256: str = described("Digest.")
    rows: pl.Int64 = described("Rows of data.")
    produced_at: Moment = described("When it was made.")
    delivered_at: Moment = described("When it was delivered; null until then.", nullable=True)
