"""The answer to the journey's question: the moves of late, and how far customers come."""

from __future__ import annotations

from customer_genome.serving.report.journey_model import Journey, JourneyFunnel, PhaseFlow
from customer_genome.serving.report.wording import count, listing, share


def journey_answer(journey: Journey | None) -> str:
    """Say how many moved in the window, forward and back, and which share of the first step reached the last."""
    if journey is None:
        return "Too few to say: the journey was not followed."
    flow = next((one for one in journey.flows if one.of == "customers"), None)
    if flow is None or not flow.phases:
        return f"Too few to say: {(flow.reason if flow else '') or 'nobody has been in a phase yet'}."
    return f"{_moved(flow)}{_far(journey.funnel)}"


def _moved(flow: PhaseFlow) -> str:
    came, moves = sum(phase.came for phase in flow.phases), sum(move.count for move in flow.moves)
    ranked = sorted(flow.phases, key=lambda phase: phase.before - phase.now)
    grew = [phase for phase in ranked if phase.now > phase.before][:1]
    shrank = [phase for phase in ranked[::-1] if phase.now < phase.before][:1]
    changed = [f"“{phase.phase}” grew by {count(phase.now - phase.before)}" for phase in grew]
    changed += [f"“{phase.phase}” shrank by {count(phase.before - phase.now)}" for phase in shrank]
    said = f"; {listing(changed)}" if changed else ""
    new = "1 customer" if came == 1 else f"{count(came)} customers"
    steps = "1 moved" if moves == 1 else f"{count(moves)} moves led"
    return f"In the last {flow.days} days {new} came and {steps} from one phase to another{said}."


def _far(funnel: JourneyFunnel) -> str:
    if funnel.reason or len(funnel.steps) < 2 or funnel.steps[-1].of_first.value is None:
        return ""
    first, last = funnel.steps[0], funnel.steps[-1]
    bounds = f"{share(last.of_first.low).rstrip('%')} to {share(last.of_first.high)}"
    return (
        f" Of {count(first.customers)} who entered “{first.phase}”, {share(last.of_first.value)} ({bounds}) "
        f"went on to “{last.phase}” so far."
    )
