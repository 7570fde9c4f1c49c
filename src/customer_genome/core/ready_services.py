"""Ready mappings for services: what `genome services` prints and `genome init --service` adds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import resources

from customer_genome.core.errors import ProjectError
from customer_genome.core.model import choices

SERVICES = ("ga4", "hubspot", "klaviyo", "mailchimp", "salesforce", "shopify", "stripe", "zendesk")
SECTIONS = ("connections", "identifiers", "verbs", "sources")
"""The sections of genome.yaml that a ready mapping has entries for."""


def service_text(service: str, /) -> str:
    """Return the ready mapping of a service, commented; raises ProjectError for one that is not there."""
    if service not in SERVICES:
        raise ProjectError("unknown service", found=f"`{service}`", expected=choices(service, SERVICES))
    place = resources.files("customer_genome.core").joinpath("services", f"{service}.yaml")
    return place.read_text(encoding="utf-8")


def about(service: str, /) -> str:
    """Return the one sentence with which a ready mapping begins."""
    return service_text(service).splitlines()[0].removeprefix("# ")


def with_services(text: str, services: Sequence[str], /) -> str:
    """Return a genome.yaml with the entries of ready mappings that it does not have; comments stay."""
    for service in dict.fromkeys(services):
        fragment = service_text(service)
        for section in SECTIONS:
            there = dict(_entries(_section(text, section)))
            missing = [entry for name, entry in _entries(_section(fragment, section)) if name not in there]
            text = _added(
                text,
                section,
                ("\n" if section == "sources" else "").join(missing),
                note=fragment.splitlines()[0],
            )
        departments = re.findall(r"^    department: (\S+)$", fragment, re.MULTILINE)
        for department in dict.fromkeys(departments):
            text = _with_department(text, department)
    return text


def _section(text: str, section: str) -> str:
    """Return the indented lines of a section, with the comments and blanks inside."""
    found = re.search(rf"^{section}:[^\n]*\n((?:[ #][^\n]*\n|\n)*)", text, re.MULTILINE)
    return found[1] if found else ""


def _entries(section: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of the entries of a section."""
    for entry in re.finditer(r"^  ([a-z][\w-]*):[^\n]*\n(?:(?:    [^\n]*)?\n)*", section, re.MULTILINE):
        yield entry[1], entry[0].rstrip("\n") + "\n"


def _added(text: str, section: str, entries: str, *, note: str) -> str:
    if not entries:
        return text
    whole = re.search(rf"^{section}:[^\n]*\n", text, re.MULTILINE)
    if whole is None:
        return text.replace("\nsources:\n", f"\n{section}:\n{entries}\nsources:\n", 1)
    inside = re.match(r"(?:  [^\n]*\n|\n(?=(?:[ \t]*\n)*  ))*", text[whole.end() :])
    end = whole.end() + (inside.end() if inside else 0)
    title = note.removeprefix("# ").partition(":")[0]
    heading = f"\n  # {'-' * 64} {title}\n" if section == "sources" else ""
    return text[:end] + heading + entries + text[end:]


def _with_department(text: str, department: str) -> str:
    found = re.search(r"^departments: \[([^\]]*)\]", text, re.MULTILINE)
    if found is None or department in re.split(r",\s*", found[1]):
        return text
    return text[: found.end(1)] + f", {department}" + text[found.end(1) :]
