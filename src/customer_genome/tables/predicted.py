"""Tables of what customers will probably do: the next basket of every build, and the declared targets."""

from __future__ import annotations

from customer_genome.tables.base import COUNT, FLAG, NUMBER, TEXT, TIME
from customer_genome.tables.contract import Column, Table
from customer_genome.tables.customer import CUSTOMER
from customer_genome.tables.genome import ARRAY

TARGET = Column("target", TEXT, "what is predicted: a target of genome.yaml")
AS_OF = Column("as_of", TIME, "what was known before this moment")

PREDICTIONS = Table(
    name="predictions",
    meaning="What a customer will probably do next",
    by_customer=True,
    grain=("customer_id", "target", "level", "item"),
    columns=(
        CUSTOMER,
        Column("target", TEXT, "what is predicted, such as next-basket"),
        Column("level", TEXT, "item or a catalogue attribute"),
        Column("item", TEXT, "the item or attribute value"),
        Column("rank", COUNT, "1 is the likeliest"),
        Column("score", NUMBER, "orders the items of one customer"),
        Column(
            "probability", NUMBER, "calibrated chance of being in the next session; null where not calibrated"
        ),
        Column("base_rate", NUMBER, "the same chance over all customers"),
        Column("reason", TEXT, "why, in words"),
    ),
)
FORECASTS = Table(
    name="forecasts",
    meaning="Predictions of the targets that genome.yaml declares, from models that were trained for them",
    grain=("customer_id", "target", "item", "by_day"),
    columns=(
        CUSTOMER,
        TARGET,
        Column("item", TEXT, "the item, category or verb; null where the prediction is about the customer"),
        Column("rank", COUNT, "1 is the likeliest item of the customer"),
        Column("score", NUMBER, "probability of what is named, or an expected amount"),
        Column("low", NUMBER, "lower bound; null where it is not known"),
        Column("high", NUMBER, "upper bound; null where it is not known"),
        Column("by_day", NUMBER, "for a distribution over time: it happens within so many days; else null"),
        Column("purpose", TEXT, "what it was predicted for: it is read for nothing else"),
        AS_OF,
    ),
)
MODEL_CARDS = Table(
    name="model_cards",
    meaning="What each model was made from, how good it is, and what it cannot say",
    grain=("target",),
    subject="none",
    classification="open",
    columns=(
        TARGET,
        Column("version", TEXT, "digest of the model"),
        Column("published", FLAG, "whether its predictions are shown: it beat its baseline"),
        Column("verdict", TEXT, "why, in words"),
        Column("trained_as_of", TIME, "what the model learned from was known before this moment"),
        AS_OF,
        Column("card", TEXT, "the model card, as JSON"),
    ),
)
MODEL_SUBJECTS = Table(
    name="model_subjects",
    meaning="The subject manifest: which customers trained a model",
    grain=("target", "customer_id"),
    purposes=("service",),
    columns=(CUSTOMER, TARGET, Column("version", TEXT, "digest of the model")),
)
MODELS = Table(
    name="models",
    meaning="What the models of the declared targets learned",
    grain=("component", "name"),
    subject="none",
    public=False,
    columns=(
        Column("component", TEXT, "the target"),
        *ARRAY,
    ),
)

PREDICTED = (PREDICTIONS, FORECASTS, MODEL_CARDS, MODEL_SUBJECTS, MODELS)
