"""The command line: what each command takes, calls and ends with. The work is done elsewhere.

Modules that take long to load are imported where they are used, so that `clr --help` answers at once.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import dhcs_commands, notice_commands, notice_show, reports, scheduled
from pipeline.command import ATTENTION, DAMAGED, DONE, Shared, UsageError, command

if TYPE_CHECKING:
    import polars as pl

app = typer.Typer(
    name="clr",
    help="Closed-loop referrals: MIF and ASF out, Return Transmission Files back, every row accounted for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)
referral_app = typer.Typer(no_args_is_help=True, help="One referral.")
store_app = typer.Typer(no_args_is_help=True, help="Integrity of the store.")
schema_app = typer.Typer(no_args_is_help=True, help="The file layouts and the rules.")
for name, part in (
    ("notices", notice_commands.app),
    ("report", reports.app),
    ("dhcs", dhcs_commands.app),
    ("run", scheduled.app),
    ("referral", referral_app),
    ("store", store_app),
    ("schema", schema_app),
):
    app.add_typer(part, name=name)
command(app, "deliver")(notice_commands.deliver)
command(notice_commands.app, "show")(notice_show.show)

YOUNG_OBJECTS = 50_000  # before garbage is looked for: loading modules makes hundreds of thousands that stay
PROFILE_HELP = "A profile that comes with the program, such as dhcs, or a TOML file."


def main() -> None:
    """Entry point of `clr`, for a process of its own: what is set here holds for all of it.

    hypothesis is kept out: where it is installed, pandera loads it with the first check, and uses it only to invent examples for tests.
    """
    sys.modules.setdefault("hypothesis", None)  # type: ignore[arg-type]  # importing it raises ImportError, as where it is not installed
    gc.set_threshold(YOUNG_OBJECTS)
    app()


@command(app, "init")
def init(
    shared: Shared,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    profile: Annotated[str, typer.Option("--profile", help=PROFILE_HELP)],
) -> int:
    """Make a new workspace."""
    from pipeline.init import initialise

    if shared.dry_run:
        shared.terminal.result({"workspace": str(folder)}, lambda: shared.terminal.line(f"would make a workspace in {folder}"))
        return DONE
    made = initialise(folder, profile)
    shared.terminal.result(
        {"workspace": str(folder), "files": made}, lambda: shared.terminal.line(f"{folder} is ready: next, edit clr.toml")
    )
    return DONE


@command(app, "check")
def check(shared: Shared, provider: Annotated[str, typer.Option("--provider", help="Only this provider's mailbox.")] = "") -> int:
    """Check configuration, calendar, keys, mailboxes and host keys: every mistake in one round."""
    from pipeline.checking import check_workspace

    return check_workspace(shared, provider)


@command(app, "demo")
def demo(shared: Shared, folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Where; a new folder.")] = None) -> int:
    """Run a whole month of a synthetic plan over SFTP on this machine."""
    from pipeline.demo import demonstrate

    place = folder or Path("demo")
    if shared.dry_run:
        shared.terminal.result({"folder": str(place)}, lambda: shared.terminal.line(f"would run a month of a synthetic plan in {place}"))
        return DONE
    return demonstrate(place, shared.terminal)


@command(app, "synth")
def synth(
    shared: Shared,
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    providers: Annotated[int, typer.Option("--providers", min=1)] = 12,
    referrals: Annotated[int, typer.Option("--referrals", min=1)] = 400,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    defects: Annotated[float, typer.Option("--defects", min=0, max=1, help="Share of rows with a planted defect.")] = 0.05,
    profile: Annotated[str, typer.Option("--profile", help=PROFILE_HELP)] = "dhcs",
    rules: Annotated[list[str] | None, typer.Option("--rule", help="Plant only defects of this rule; may be repeated.")] = None,
    corpus: Annotated[int, typer.Option("--corpus", min=0, metavar="N", help="N files of one provider each, with one defect or none.")] = 0,
) -> int:
    """Make synthetic extracts and provider files, with the truth about every planted defect."""
    from zoneinfo import ZoneInfo

    from pipeline.synth import SynthPlan, synthesize
    from pipeline.synth_corpus import CorpusPlan, make_corpus

    zone = "America/Los_Angeles"
    now, only = shared.now(ZoneInfo(zone)), tuple(rules or ())
    try:
        if corpus:
            kept: SynthPlan | CorpusPlan = CorpusPlan(corpus, seed, now, zone, profile, only)
        else:
            kept = SynthPlan(providers, referrals, seed, defects, now, zone, profile, only)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if shared.dry_run:
        shared.terminal.result({"folder": str(folder)}, lambda: shared.terminal.line(f"would make extracts and provider files in {folder}"))
        return DONE
    counts = dict(make_corpus(folder, kept) if isinstance(kept, CorpusPlan) else synthesize(folder, kept))
    shared.terminal.result(counts, lambda: shared.terminal.counts("synth", counts))
    return DONE


@command(app, "intake")
def intake(shared: Shared, files: Annotated[list[Path] | None, typer.Argument(metavar="FILE")] = None) -> int:
    """Take the plan's own extracts into the store."""
    from outputs.console import records
    from pipeline.intake import intake as take

    missing = [path for path in files or [] if not path.is_file()]
    if missing:
        raise UsageError(f"{missing[0]}: no such file")
    with shared.context() as context:
        done = take(context, files or [])
    findings = done.findings.drop("value")
    shared.terminal.result({"counts": done.counts, "findings": records(findings)}, lambda: _show_intake(shared, done.counts, findings))
    return ATTENTION if done.attention else DONE


@command(app, "emit")
def emit(
    shared: Shared,
    kind: Annotated[str, typer.Argument(metavar="mif|asf")],
    supplemental: Annotated[bool, typer.Option("--supplemental", help="Only referrals that were never listed.")] = False,
) -> int:
    """Make today's MIF or ASF files into the outbox."""
    from pipeline.emit import emit as make

    if kind not in ("mif", "asf"):
        raise UsageError(f"{kind}: mif and asf can be emitted")
    with shared.context() as context:
        counts = make(context, kind, supplemental=supplemental).counts
    shared.terminal.result({"counts": counts}, lambda: shared.terminal.counts(f"emit {kind}", counts))
    return DONE


@command(app, "collect")
def collect(shared: Shared) -> int:
    """Fetch new provider files into the archive."""
    from pipeline.collect import collect as fetch

    with shared.context() as context:
        done = fetch(context)
    data = {"counts": done.counts, "out_of_reach": dict(done.out_of_reach), "skipped": [list(one) for one in done.skipped]}
    shared.terminal.result(data, lambda: shared.terminal.counts("collect", done.counts))
    shared.say_out_of_reach(done.out_of_reach)
    return ATTENTION if done.attention else DONE


@command(app, "ingest")
def ingest(
    shared: Shared,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A file that came another lawful way.")] = None,
    provider: Annotated[str, typer.Option("--provider", help="Whose file it is.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="How it came.")] = "",
    release: Annotated[str, typer.Option("--release", metavar="SUBMISSION_ID", help="Merge a held file.")] = "",
) -> int:
    """Judge archived files, merge the good rows, and write receipts."""
    from outputs.console import records
    from pipeline.ingest import ingest as judge
    from pipeline.ingest import receive

    if file is not None and not (provider and reason):
        raise UsageError("a named file needs --provider and --reason")
    if file is not None and not file.is_file():
        raise UsageError(f"{file}: no such file")
    with shared.context() as context:
        try:
            if file is not None:
                receive(context, file, provider, reason)
            done = judge(context, release or None)
        except ValueError as error:
            raise UsageError(str(error)) from None
        told = {"counts": done.counts, "submissions": records(done.submissions.drop("file_name"))}
        shared.outcome(context, told, lambda: shared.terminal.counts("ingest", done.counts))
    return ATTENTION if done.attention else DONE


@command(referral_app, "show")
def referral_show(
    shared: Shared,
    referral_id: Annotated[str, typer.Argument(metavar="REFERRAL_ID")] = "",
    cin: Annotated[str, typer.Option("--cin", help="All referrals of a member.")] = "",
) -> int:
    """The whole timeline of a referral."""
    from outputs.console import records
    from pipeline.timeline import timeline

    if bool(referral_id) == bool(cin):
        raise UsageError("a referral or --cin is needed, not both")
    with shared.context() as context:
        loops, told = timeline(context.snapshot(), context.workspace.settings, context.as_of, referral_id=referral_id, cin=cin)
    if not told.height:
        raise UsageError("nothing is known of it")
    data = {"loops": records(loops), "timeline": records(told)}
    shared.terminal.result(data, lambda: shared.terminal.tables(loops, told))
    return DONE


@command(app, "validate")
def validate(
    shared: Shared,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    kind: Annotated[str, typer.Option("--kind", help="rtf-ecm, rtf-cs, otf, members, referrals, providers or encounters.")] = "",
    profile: Annotated[str, typer.Option("--profile", help=PROFILE_HELP)] = "dhcs",
    format: Annotated[str, typer.Option("--format", help="text, json, csv or xlsx.")] = "text",  # noqa: A002 - the option's name
) -> int:
    """Check a file without workspace and network, by the same rules as on arrival."""
    from pipeline.validation import FORMATS, validate_file

    chosen = "json" if shared.as_json else format
    if chosen not in FORMATS:
        raise UsageError(f"--format {chosen}: allowed are {', '.join(FORMATS)}")
    return validate_file(file, kind, profile, chosen, shared)


@command(app, "query")
def query(shared: Shared, sql: Annotated[str, typer.Argument(metavar="SELECT …")]) -> int:
    """SQL over the tables of the store; nothing is changed."""
    from outputs.console import records
    from pipeline.analysis import ask
    from pipeline.views import in_plan_time

    with shared.context() as context:
        try:
            rows = in_plan_time(ask(context.snapshot(), sql, context.workspace.settings, context.as_of), context.workspace.settings)
        except ValueError as error:
            raise UsageError(str(error)) from None
    shared.terminal.result({"rows": records(rows)}, lambda: shared.terminal.table(rows))
    return DONE


@command(app, "export")
def export(
    shared: Shared,
    table: Annotated[str, typer.Argument(metavar="TABLE")],
    out: Annotated[Path, typer.Option("--out", help="FILE.csv, .parquet or .xlsx")],
    known_at: Annotated[str, typer.Option("--known-at", help="As known then: 2026-03-05T21:00.")] = "",
) -> int:
    """Write a table to a file, as it is or as known at an earlier moment."""
    from dataclasses import replace

    from outputs.files import write_file
    from pipeline.analysis import WRITERS
    from pipeline.views import VIEWS, view

    if out.suffix not in WRITERS or table not in VIEWS:
        raise UsageError(f"tables: {', '.join(VIEWS)}; endings: {', '.join(WRITERS)}")
    with shared.context() as context:
        moment = replace(shared, as_of=known_at).now(context.workspace.settings.plan.zone) if known_at else None
        rows = view(context.snapshot(), table, context.workspace.settings, context.as_of, moment)
    if not shared.dry_run:
        write_file(out, WRITERS[out.suffix](rows, table))
    shared.terminal.result(
        {"table": table, "rows": rows.height, "file": str(out)}, lambda: shared.terminal.counts(table, {"rows": rows.height})
    )
    return DONE


@command(store_app, "verify")
def store_verify(shared: Shared) -> int:
    """Check that every file of store and archive is what was committed, and that every row is accounted for."""
    from pipeline.integrity import verify

    with shared.context() as context:
        found = verify(context)
    shared.terminal.result(
        {"damages": found}, lambda: shared.terminal.line("\n".join(found) or "store and archive are as they were committed")
    )
    return DAMAGED if found else DONE


@command(store_app, "rebuild")
def store_rebuild(shared: Shared) -> int:
    """Compute the derived tables anew from the facts; this must change nothing."""
    from pipeline.integrity import rebuild

    with shared.context() as context:
        changed = rebuild(context)
    shared.terminal.result({"changed": changed}, lambda: shared.terminal.counts("rebuild: rows that differed", changed))
    return ATTENTION if any(changed.values()) else DONE


@command(store_app, "compact")
def store_compact(shared: Shared) -> int:
    """Put small files of the store together now; every run does so by itself when there are many. No row changes."""
    from pipeline.integrity import compact

    with shared.context() as context:
        fewer = compact(context)
    shared.terminal.result({"files_fewer": fewer}, lambda: shared.terminal.counts("compact: files fewer", fewer))
    return DONE


@command(schema_app, "list")
def schema_list(shared: Shared) -> int:
    """The layouts by kind, and the rules by id."""
    from pipeline.declarations import list_declared

    return list_declared(shared)


@command(schema_app, "show")
def schema_show(
    shared: Shared,
    name: Annotated[str, typer.Argument(metavar="KIND|RULE")],
    profile: Annotated[str, typer.Option("--profile", help="Whose layout.")] = "dhcs",
) -> int:
    """The columns of a layout as a plan has them, or all there is to know of a rule."""
    from pipeline.declarations import show_declared

    return show_declared(name, profile, shared)


@command(schema_app, "docs")
def schema_docs(
    shared: Shared,
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    settings: Annotated[Path | None, typer.Option("--settings", metavar="FILE", help="Another place for settings.md.")] = None,
    check_only: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a page is not as it would be written.")] = False,
) -> int:
    """Write the data dictionary, the rule catalogue and the reference of settings."""
    from pipeline.declarations import write_pages

    return write_pages(folder, settings or folder / "settings.md", shared, check_only=check_only)


@command(schema_app, "template")
def schema_template(
    shared: Shared,
    kind: Annotated[str, typer.Argument(metavar="KIND")],
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="A new file.")],
    profile: Annotated[str, typer.Option("--profile", help=PROFILE_HELP)] = "dhcs",
) -> int:
    """Make a workbook to fill in by hand: headings, drop-downs, and instructions."""
    from config.load import load_profile
    from outputs.files import write_once
    from outputs.template import KINDS, template

    if kind not in KINDS:
        raise UsageError(f"{kind}: there are templates for {', '.join(KINDS)}")
    if file.suffix.lower() != ".xlsx":
        raise UsageError(f"{file}: a name that ends in .xlsx is needed")
    content = template(kind, load_profile(profile))
    if not shared.dry_run:
        try:
            write_once(file, content)
        except FileExistsError:
            raise UsageError(f"{file} exists, and somebody may have filled it in: choose another name") from None
        file.chmod(0o644)  # an empty form, not health records
    shared.terminal.result({"kind": kind, "profile": profile, "file": str(file)}, lambda: shared.terminal.line(str(file)))
    return DONE


def _show_intake(shared: Shared, counts: dict[str, int], findings: pl.DataFrame) -> None:
    shared.terminal.counts("intake", counts)
    if findings.height:
        shared.terminal.table(findings.select("submission_id", "severity", "rule", "row", "message"))
