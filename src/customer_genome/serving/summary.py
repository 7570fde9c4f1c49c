"""The report in short for a terminal: the same seven answers, the evidence in a few lines each."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from customer_genome.serving.report.answers import QUESTIONS, answers
from customer_genome.serving.report.measures import measure_name, measured
from customer_genome.serving.report.model import Report, Section
from customer_genome.serving.report.phase_flow import went
from customer_genome.serving.report.picture import Band, GenomePicture
from customer_genome.serving.report.wording import (
    clear,
    count,
    discovery,
    extremes,
    instant,
    money,
    share,
    signed,
    strength,
)

_ABOVE, _BELOW, _QUIET, _ACCENT = "dark_orange", "dodger_blue2", "bright_black", "magenta"
_MOST = 5


def print_summary(report: Report, console: Console) -> None:
    """Print the report's answers to a console; colour is never needed to read them."""
    console.rule(
        _text(f"{report.project}, as of {instant(report.as_of)}", "bold"), align="left", style=_QUIET
    )
    evidence = {
        "customers": [_figures(report), _sources(report)],
        "journey": [_flow(report)],
        "genomes": [Columns([_genome(genome) for genome in report.genomes], padding=(0, 4)), _legend(report)],
        "compare": [_contributions(report)],
        "best": [_best(report)],
        "next": [_next(report), _targets(report)],
        "sure": [],
    }
    said = answers(report)
    for number, (section, question) in enumerate(QUESTIONS.items(), start=1):
        console.print(Text(f"\n{number}  {question}", style=f"bold {_ACCENT}"))
        console.print(_text(said[section]))
        for part in _some(evidence, section):
            console.print(part)


def _some(evidence: dict[str, list[RenderableType | None]], section: Section) -> Iterable[RenderableType]:
    return (part for part in evidence[section] if part is not None)


def _figures(report: Report) -> RenderableType | None:
    seen = report.overview
    if not seen.customers:
        return None
    figures = [
        ("customers", count(seen.customers)),
        ("interactions", count(seen.interactions)),
        (seen.session_word, count(seen.sessions)),
        ("revenue, to the cent", money(seen.revenue, report.currency)),
    ]
    phases = [(phase.name, share(phase.customers / seen.customers)) for phase in seen.phases]
    table = _table(("", "left"), ("", "right"), heading=False)
    for name, figure in (*figures, *phases):
        table.add_row(_text(name, _QUIET), _text(figure, "bold"))
    return table


def _sources(report: Report) -> RenderableType | None:
    if not report.overview.sources:
        return None
    names = ("received", "stored", "duplicates", "quarantined", "suppressed")
    table = _table(("source", "left"), *((name, "right") for name in names), ("account", "left"))
    for source in report.overview.sources:
        numbers = (_text(count(getattr(source, name))) for name in names)
        table.add_row(_text(source.name), *numbers, _text("closes" if source.closes else "DOES NOT CLOSE"))
    return table


def _flow(report: Report) -> RenderableType | None:
    """Where customers stood and stand, phase by phase, and where those who left went."""
    flow = next((one for one in report.journey.flows if one.phases), None) if report.journey else None
    if flow is None:
        return None
    names = (f"{flow.days} days ago", "in", "out", "now")
    table = _table(("phase", "left"), *((name, "right") for name in names), ("went to", "left"))
    for place, one in enumerate(flow.phases):
        numbers = (one.before, one.came + one.entered, one.left + one.gone, one.now)
        table.add_row(
            _text(one.phase), *(_text(count(number)) for number in numbers), _text(went(flow, place))
        )
    return table


def _genome(genome: GenomePicture) -> RenderableType:
    """One customer: a line of marks for each family, then the clearest genes."""
    table = Table.grid(padding=(0, 1))
    phase = f" ({genome.phase})" if genome.phase else ""
    table.add_row(_text(f"{genome.name}{phase}", "bold"))
    for chromosome in genome.chromosomes:
        line = _text(f"{chromosome.title[:16]:<17}", _QUIET)
        table.add_row(line.append_text(Text.assemble(*(_mark(band) for band in chromosome.bands[:40]))))
    strong, weak = extremes(genome, most=_MOST)
    for bands, sign, style in ((strong, "▲", _ABOVE), (weak, "▼", _BELOW)):
        for band in bands:
            table.add_row(
                Text(f"{sign} ", style=style).append_text(_text(f"{band.label[:28]} {strength(band)}"))
            )
    return table


def _mark(band: Band) -> tuple[str, str]:
    if band.strength is None:
        return ("■", "") if band.value else (" ", "")
    if not clear(band):
        return ("·", _QUIET)
    return ("█", _ABOVE) if band.strength > 1 else ("▄", _BELOW)


def _legend(report: Report) -> RenderableType | None:
    words = "█ more than expected  ▄ less  · may be no different  ■ a fact  blank: unknown; at most 40 genes a line"
    return _text(words, _QUIET) if report.genomes else None


def _contributions(report: Report) -> RenderableType | None:
    if report.comparison is None or not report.comparison.contributions:
        return None
    ranked = sorted(report.comparison.contributions, key=lambda part: -part.contribution)
    alike = [part for part in ranked if part.contribution > 0][:_MOST]
    apart = [part for part in ranked if part.contribution < 0][-_MOST:]
    table = _table(("what makes (+) and breaks (−) it", "left"), ("adds", "right"))
    for part in (*alike, *apart):
        table.add_row(_text(f"{part.label} ({part.family})"), _text(signed(part.contribution, 3)))
    return table


def _best(report: Report) -> RenderableType | None:
    if report.best is None or not report.best.genes:
        return None
    mark = "×" if report.best.scale == "ratio" else ""
    table = _table(
        ("gene", "left"),
        ("effect", "right"),
        (f"{share(report.best.interval)} interval", "right"),
        ("q", "right"),
    )
    for gene in report.best.genes[: 2 * _MOST]:
        cells = (
            f"{gene.label} ({gene.family})",
            f"{gene.effect:.2f}{mark}",
            f"{gene.low:.2f} to {gene.high:.2f}",
            discovery(gene.q),
        )
        table.add_row(*map(_text, cells))
    return table


def _next(report: Report) -> RenderableType | None:
    if report.next_items is None:
        return None
    table = _table(
        ("customer", "left"),
        (f"in the {report.next_items.question}", "left"),
        ("probability", "right"),
        ("all", "right"),
    )
    for person in report.next_items.customers:
        if not person.predictions:
            table.add_row(_text(person.name), _text(f"too few to say: {person.reason}"), Text("–"), Text("–"))
        for item in person.predictions[:_MOST]:
            table.add_row(
                *map(_text, (person.name, item.label, share(item.probability), share(item.base_rate)))
            )
    return table


def _targets(report: Report) -> RenderableType | None:
    found = report.next_items.targets if report.next_items is not None else None
    if found is None or not (found.learned or found.waiting):
        return None
    if not found.learned:
        return _text(
            f"none of {count(len(found.waiting))} declared targets was learned yet: {found.command}", _QUIET
        )
    table = _table(
        ("also predicted", "left"),
        ("measure", "left"),
        ("model", "right"),
        ("best naive rule", "right"),
        ("", "left"),
    )
    for target in found.learned:
        model, rule = (
            measured(one, target, currency=report.currency)[0] for one in (target.model, target.rule)
        )
        cells = (target.label, measure_name(target.metric), model, rule, target.verdict)
        table.add_row(*map(_text, cells))
    return table


def _table(*columns: tuple[str, str], heading: bool = True) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=heading, header_style=_QUIET, pad_edge=False)
    for name, side in columns:
        table.add_column(_text(name), justify="right" if side == "right" else "left")
    return table


def _text(words: str, style: str = "") -> Text:
    """Text as it stands: no markup, and no control character that could steer the terminal."""
    return Text(
        "".join("\N{REPLACEMENT CHARACTER}" if _steers(sign) else sign for sign in words), style=style
    )


def _steers(sign: str) -> bool:
    return sign != "\n" and unicodedata.category(sign) in {"Cc", "Cf"}
