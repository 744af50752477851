"""The command line: data to standard output, words to standard error; exit 0, 1 or 2."""

import asyncio
import gc
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer

from bot.broadcasts import broadcasts_cli
from bot.cases import cases_cli
from bot.examples import examples_cli
from bot.imports import import_sheet
from bot.inbox import inbox_cli
from bot.other_projects import read_pairs, show_measures, show_model, train_other
from bot.staff import staff_cli
from bot.terminal import explained, lines, opened, read_settings, say, use_utf8

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Somos: a chatbot service for municipal and ministry staff in Ecuador.",
)  # fmt: skip
reports_cli = typer.Typer(no_args_is_help=True, help="What citizens reported.")
cli.add_typer(reports_cli, name="reports")
cli.add_typer(examples_cli, name="examples")
cli.add_typer(inbox_cli, name="inbox")
cli.add_typer(cases_cli, name="cases")
cli.add_typer(staff_cli, name="staff")
cli.add_typer(broadcasts_cli, name="broadcasts")
cli.command("import")(import_sheet)

Format = Literal["docx", "xlsx", "pdf", "csv", "json"]


@cli.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    demo: Annotated[bool, typer.Option(help="Add marked demonstration data.")] = False,
) -> None:
    """Migrate, load the seed if empty, train if stale, and serve everything configured."""
    import uvicorn

    from bot.app import make_web, start
    from bot.services.staff import DEMO_EMAIL, demo_account
    from storage.sole_use import sole_use

    settings = read_settings()

    async def serve() -> None:
        service = await start(settings, demo)
        say(f"Web chat: http://{host}:{port}/")
        if service.is_demo:
            say("With demonstration data: its workshops and events are invented.")
        if demo:
            password = await demo_account(service.database, service.clock())
            say(f"Staff panel: http://{host}:{port}/panel  {DEMO_EMAIL}  {password}")
        config = uvicorn.Config(
            make_web(service), host=host, port=port, log_level="warning", access_log=False
        )
        # What is read at the start stays: to look for garbage in it would hold up a turn.
        gc.freeze()
        await uvicorn.Server(config).serve()

    with explained(), sole_use(settings.database):
        asyncio.run(serve())


@cli.command()
def chat(
    jsonl: Annotated[bool, typer.Option(help="JSON lines in and out.")] = False,
    demo: Annotated[bool, typer.Option(help="Add marked demonstration data.")] = False,
) -> None:
    """Have a conversation in the terminal."""
    from bot.app import start
    from bot.channels import console

    settings = read_settings()

    async def talk() -> None:
        service = await start(settings, demo)
        converse = console.chat_jsonl if jsonl else console.chat
        try:
            await converse(service.turns, lines(), sys.stdout)
        finally:
            await service.database.close()

    with explained():
        asyncio.run(talk())


@cli.command()
def parse(
    jsonl: Annotated[
        bool, typer.Option(help='Lines of {"text": …} instead of plain text.')
    ] = False,
) -> None:
    """Understand text lines: one Rasa parse object a line."""
    from bot.app import make_interpreter
    from bot.channels.console import read_line
    from bot.channels.rest import ParseRequest
    from bot.clock import LOCAL, make_clock

    settings = read_settings()
    interpreter = make_interpreter(settings)
    clock = make_clock(settings.now)
    with explained():
        for number, line in enumerate(lines(), start=1):
            if jsonl and not line.strip():
                continue
            text = read_line(ParseRequest, number, line).text if jsonl else line
            parsed = interpreter.parse(text, clock().astimezone(LOCAL).date())
            print(json.dumps(parsed, ensure_ascii=False), flush=True)


NluFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Another project's Rasa NLU file to train on."),
]
TestFile = Annotated[
    Path | None, typer.Option("--test", exists=True, dir_okay=False, help="Rasa NLU file.")
]


@cli.command()
def train(
    nlu: NluFile = None,
    test: TestFile = None,
    output: Annotated[Path, typer.Option(help="The model of --nlu.")] = Path("model.npz"),
    force: Annotated[bool, typer.Option(help="Take the new model even if it is worse.")] = False,
) -> None:
    """Train on the examples and what staff approved; with --nlu, a model of that file.

    Ends with 1, and the model in service stays, where the new one understands people worse.
    """
    from bot.services.training import renew_model
    from intents.model_file import about, made_of
    from storage.queries.learning import approved_examples

    if nlu is not None:
        asked = read_pairs(test) if test is not None else []
        train_other(nlu, output)
        say(f"Written: {output}")
        if asked:
            show_model(output, asked)
        return
    settings = read_settings()

    async def approved_by_staff() -> list[tuple[str, str]]:
        async with opened(settings) as database, database.read() as session:
            return await approved_examples(session)

    with explained():
        approved = asyncio.run(approved_by_staff())
        is_current = about(settings.model_path).made_of == made_of(approved)
        if not is_current and not renew_model(settings, approved, force=force):
            raise typer.Exit(1)
    say(f"The model is current: {settings.model_path}")


@cli.command()
def evaluate(
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False)] = None,
    nlu: NluFile = None,
    test: TestFile = None,
) -> None:
    """Measure understanding on a Rasa NLU file; with --nlu, of a model trained on that file."""
    from bot.app import make_interpreter
    from bot.clock import LOCAL, make_clock
    from intents.evaluate import evaluate as measure

    asked = test or file
    if asked is None:
        say("somos evaluate: name a Rasa NLU file to measure on")
        raise typer.Exit(2)
    examples = read_pairs(asked)
    if nlu is not None:
        with TemporaryDirectory() as folder:
            model = Path(folder) / "model.npz"
            train_other(nlu, model)
            show_model(model, examples)
        return
    settings = read_settings()
    today = make_clock(settings.now)().astimezone(LOCAL).date()
    interpreter = make_interpreter(settings)
    show_measures(measure(lambda text: interpreter.parse(text, today), examples))


@cli.command()
def export(
    kind: Annotated[
        str, typer.Argument(help="alerts, commitments, workplan, attendance or report")
    ],
    format: Annotated[Format, typer.Option(help="File format.")],
    dialogue: Annotated[str | None, typer.Option(help="One dialogue or plan; else all.")] = None,
    output: Annotated[Path | None, typer.Option(help="File; else standard output.")] = None,
) -> None:
    """Write a matrix, or the complete report of a dialogue, as a document."""
    from bot.matrices import BUILDERS, report
    from bot.matrices.writers import render, render_report

    settings = read_settings()
    if kind not in BUILDERS and (kind != "report" or dialogue is None):
        say(f"somos export: no matrix {kind!r}; there are: {', '.join(BUILDERS)}")
        say("somos export report: name the dialogue")
        raise typer.Exit(2)

    async def build() -> bytes:
        async with opened(settings) as database, database.read() as session:
            if kind == "report":
                (found,) = await report.build(session, dialogue, settings.photographs_dir)
                return render_report(found, format, settings.templates_dir)
            tables = await BUILDERS[kind](session, dialogue)
            return render(tables, format, kind, settings.templates_dir)

    with explained():
        data = asyncio.run(build())
        if output:
            output.write_bytes(data)
            say(f"Written: {output}")
        else:
            sys.stdout.buffer.write(data)


@reports_cli.command("accept")
def accept_report(
    folio: Annotated[str, typer.Argument(help="The report's folio, AS-2026-00045.")],
    dialogue: Annotated[str, typer.Option(help="The dialogue whose matrix it enters.")],
) -> None:
    """Put a citizen's report into a dialogue's alerts matrix."""
    from bot.clock import make_clock
    from bot.services.reporting import accept
    from intents.documents import find_documents

    settings = read_settings()
    read = [m.value for m in find_documents(folio) if m.entity == "folio"]

    async def write() -> str:
        now = make_clock(settings.now)()
        async with opened(settings) as database, database.write() as session:
            entry = await accept(session, (read or [folio])[0], dialogue, "command line", now)
        return f"Accepted as entry {entry.position} ({entry.kind}) of {dialogue}."

    with explained():
        say(asyncio.run(write()))


@cli.command()
def check(
    content: Annotated[bool, typer.Option("--content", help="Only what the files hold.")] = False,
) -> None:
    """Validate domain, rules, examples, templates, gazetteers and seed files; then see whether
    settings, database, webhooks and clock are as a service needs them, and say how to mend each.
    """
    from bot.check import check_content
    from bot.check_service import check_service

    settings = read_settings()
    problems = check_content()
    if not problems:
        say("Content is valid.")
    if not content:
        found = asyncio.run(check_service(settings))
        problems += found
        if not found:
            say("Settings, database, gateways and clock are fine.")
    for problem in problems:
        say(problem)
    if problems:
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the `somos` command."""
    use_utf8()
    cli()


if __name__ == "__main__":
    main()
