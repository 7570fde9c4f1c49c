"""A realistic report, made up and always the same, for the tests of the report and of the terminal summary."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from customer_genome.serving.report import (
    Action,
    Band,
    BestCustomers,
    Chromosome,
    Comparison,
    Contribution,
    CustomerPredictions,
    DataTerms,
    FamilyReliability,
    GenomePicture,
    HiddenGenes,
    NextItems,
    Overview,
    PeriodTotal,
    PhaseCount,
    Prediction,
    QuarantinedRows,
    Report,
    SeparatingGene,
    SourceAccount,
    SpendBin,
    Sureness,
    Targets,
    TrackRecord,
)  # fmt: skip
from foretold_sample import sample_targets
from journey_sample import sample_journey

CATEGORIES = """Analgesics|Baby foods|Bacon|Bag snacks|Baked bread, buns and rolls|Baked sweet goods|Baking mixes
Baking needs|Bath tissues|Beef|Beers and ales|Broccoli and cauliflower|Candles|Candy, packaged|Canned juices
Carrots|Cat food|Cat litter|Cheese|Chicken|Citrus|Coffee|Cold and flu|Cold cereal|Condiments and sauces
Cookies and cones|Crackers|Deli meats|Deodorants|Diapers|Dinner mixes|Dog foods|Domestic wine|Dry pasta|Eggs
Fluid milk products|Frozen breakfast foods|Frozen novelties|Frozen pizza|Frozen vegetables|Greeting cards
Hair care products|Hispanic|Hot cereal|Hot dogs|Ice cream|Infant formula|Isotonic drinks|Juice, refrigerated
Laundry detergents|Lunchmeat|Magazines|Makeup and treatment|Margarines|Nuts|Onions|Oral hygiene products|Organic fruit
Paper towels|Peanut butter and jelly|Pickles and relish|Popcorn|Pork|Potatoes|Refrigerated dough|Salad mix
Seafood, frozen|Soft drinks|Soup|Spices and extracts|Tea|Tomatoes|Tropical fruit|Vitamins|Water|Yogurt""".replace(
    "\n", "|"
).split("|")
FAMILIES: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("brand", "Brand", ("Private label", "National", *(f"Maker {n}" for n in (2, 69, 103, 317, 544, 608, 764, 910, 1046, 1208, 1251, 1425))), 31),
    ("category", "Category", tuple(CATEGORIES), 221),
    ("trait", "Trait", ("Organic", "Gluten-free", "Diet and light", "Sugar-free", "Low fat", "Whole grain", "Kids", "Baby", "Scented", "Unscented", "Hypo-allergenic", "Premium", "Economy", "Seasonal", "Ready to eat", "Frozen"), 7),
    ("price", "Price", ("Low", "Middle", "High", "Bought on offer", "Bought with coupon"), 0),
    ("size", "Size", ("Small", "Medium", "Large", "Family pack"), 0),
    ("message", "Message", ("In the mailer, front page", "In the mailer, inside", "On display, front of store", "On display, aisle end", "Campaign type A", "Campaign type B", "Campaign type C", "Coupon for a staple", "Coupon for a treat"), 4),
    ("channel", "Channel and time", ("Weekday morning", "Weekday evening", "Saturday", "Sunday", "Store 292", "Store 406", "Store 31782", "Small trips"), 0),
    ("behaviour", "Behaviour", ("Days between baskets", "Spend per basket", "Items per basket", "Breadth of categories", "Novelty seeking", "Regularity", "Days since last basket"), 0),
    ("facts", "Facts", ("Age", "Income", "Household size", "Home", "Children"), 0),
)  # fmt: skip
BEHAVIOUR = ("every 3.2 days", "$27.40", "9 items", "84 categories", "31% new", "very regular", "6 days")
FACTS = ("35 to 44", "$50,000 to 74,000", "2 people", "home owner", "none")


def sample_report() -> Report:
    """The whole report of an invented grocer, with all seven answers."""
    genomes = tuple(
        _genome(number, phase, seed)
        for number, phase, seed in ((208, "Loyal", 1), (1364, "Cooling", 2), (77, "New", 3))
    )
    return Report(
        project="Corner Grocers", as_of=datetime(2017, 12, 4), time_zone="Etc/GMT+5", currency="USD",
        purpose="analytics", overview=_overview(), journey=sample_journey(), genomes=genomes, comparison=_comparison(genomes[0], genomes[1]),
        best=_best(), next_items=_next(genomes), sureness=_sureness(), actions=ACTIONS,
        built_at=datetime(2025, 3, 2, 9, 41), snapshot="17", version="0.1.0",
    )  # fmt: skip


def empty_report() -> Report:
    """A project in which nothing has happened yet."""
    nobody = GenomePicture(
        "c0",
        "household 1",
        (Chromosome("brand", "Brand", (Band("brand:A", "A", reason="nothing bought yet"),)),),
    )
    return Report(
        project="New shop", as_of=datetime(2024, 1, 1), time_zone="UTC", currency="EUR", purpose="analytics",
        overview=Overview(customers=0, interactions=0, first=None, last=None), genomes=(nobody,),
        comparison=Comparison(nobody, nobody, None, reason="both genomes are empty"),
        best=BestCustomers(0, 0, "the fifth with the highest spend", "ratio", reason="fewer than 30 customers"),
        next_items=NextItems(
            (CustomerPredictions("c0", "household 1", reason="fewer than 3 baskets"),),
            targets=Targets(waiting=("lapse", "spend"), command="genome predict all"),
        ),
    )  # fmt: skip


def _genome(number: int, phase: str, seed: int) -> GenomePicture:
    luck = random.Random(seed)  # noqa: S311 - a picture, not a secret
    chromosomes = []
    for family, title, names, hidden in FAMILIES:
        bands = tuple(
            _band(luck, family, name, index, sparse=number == 77) for index, name in enumerate(names)
        )
        chromosomes.append(Chromosome(family, title, bands, hidden))
    spent, baskets = {208: ("$5,483.17", "171"), 1364: ("$1,940.02", "64"), 77: ("$88.35", "5")}[number]
    summary = (
        ("Spent", spent),
        ("Baskets", baskets),
        ("First seen", "3 January 2017"),
        ("Last seen", "2 December 2017"),
    )
    why = {208: "among the best", 1364: "in the middle", 77: "came lately"}[number]
    return GenomePicture(
        f"c{number:08x}",
        f"household {number}",
        tuple(chromosomes),
        datetime(2017, 12, 4),
        phase,
        summary,
        why_chosen=why,
    )


def _band(luck: random.Random, family: str, name: str, index: int, *, sparse: bool) -> Band:
    gene = f"{family}:{name}"
    if luck.random() < (0.55 if sparse else 0.12):
        return Band(gene, name, reason="never had the choice: nothing bought where this varies")
    if family == "facts":
        return Band(
            gene,
            name,
            value=FACTS[index],
            precision=luck.uniform(0.55, 0.98),
            evidence_words="stated by 2 sources",
        )
    evidence = float(int(luck.paretovariate(0.8) * (1 if sparse else 3)))
    strength = 2 ** luck.gauss(0, 0.75 if evidence > 3 else 0.3)
    if family == "behaviour":
        return Band(
            gene,
            name,
            strength,
            evidence=40,
            value=BEHAVIOUR[index],
            evidence_words="measured over 171 baskets",
        )
    spread = 2 ** (1.6 / (evidence + 2) ** 0.5)
    days = luck.randint(1, 120)
    words = f"{evidence:.0f} {'baskets' if family == 'category' else 'products bought'}, last {days} days ago"
    return Band(gene, name, strength, strength / spread, strength * spread, evidence, words)


def _overview() -> Overview:
    luck = random.Random(9)  # noqa: S311
    spend = tuple(
        SpendBin(
            250 * n,
            250 * (n + 1),
            int(390 * 2.718 ** (-n / 6.5) * (0.72 + 0.28 * (n > 0)) + luck.uniform(0, 9)),
        )
        for n in range(26)
    )
    weeks = tuple(
        PeriodTotal(date(2017, 1, 2) + timedelta(days=7 * n), 78000 + 9000 * luck.random() + 400 * n)
        for n in range(48)
    )
    return Overview(
        customers=2469, interactions=1_469_307 + 103_000, first=date(2017, 1, 1), last=date(2017, 12, 3), revenue=4_291_733.58,
        sessions=145_020, session_word="baskets", items=92_331, median_spend=1287.44, best_share=0.2, best_revenue_share=0.545,
        phases=(
            PhaseCount("New", 96, "first basket in the last 56 days"), PhaseCount("Active", 1211, "a basket in the last 28 days"),
            PhaseCount("Loyal", 702, "weekly, for at least half a year"), PhaseCount("Cooling", 293, "later than their own rhythm"),
            PhaseCount("Lapsed", 167, "no basket for 84 days"),
        ),
        spend=spend, periods=weeks,
        sources=(
            SourceAccount("transactions", "sales", "interactions", 1_469_307, 1_469_102, 0, 205),
            SourceAccount("promotions", "marketing", "interactions", 20_940_529, 20_940_529),
            SourceAccount("campaigns", "marketing", "interactions", 6_589, 6_589),
            SourceAccount("coupon redemptions", "marketing", "interactions", 2_102, 2_093, 9),
            SourceAccount("products", "sales", "items", 92_331, 92_331), SourceAccount("demographics", "research", "claims", 801, 801),
        ),
    )  # fmt: skip


PULLS = (0.081, 0.062, 0.05, 0.041, 0.03, 0.021, 0.019, -0.071, -0.052, -0.033, -0.03, -0.021, -0.015, -0.01)


def _comparison(left: GenomePicture, right: GenomePicture) -> Comparison:
    luck = random.Random(4)  # noqa: S311
    names = luck.sample(CATEGORIES, len(PULLS))
    parts = []
    for name, pull in zip(names, PULLS, strict=True):
        bands = [Band("", name, luck.uniform(0.3, 3)) for _ in range(2)]
        parts.append(Contribution(name, "Category", pull, *bands))
    meaning = "It is the cosine of their vectors, 128 numbers each."
    return Comparison(left, right, 0.412, 0.287, 0.81, tuple(parts), meaning)


def _best() -> BestCustomers:
    rows = (
        ("Breadth of categories", "Behaviour", 2.1, 1.95, 2.27, 0.0001, 1.0), ("Items per basket", "Behaviour", 1.62, 1.5, 1.75, 0.0001, 1.0),
        ("Baby foods", "Category", 1.48, 1.21, 1.8, 0.002, 0.94), ("Large", "Size", 1.31, 1.22, 1.41, 0.0001, 0.99),
        ("Organic", "Trait", 1.28, 1.11, 1.47, 0.004, 0.91), ("Salad mix", "Category", 1.26, 1.15, 1.38, 0.0001, 0.98),
        ("Bought on offer", "Price", 1.17, 1.1, 1.24, 0.0003, 0.97), ("Premium", "Trait", 1.12, 1.03, 1.22, 0.03, 0.78),
        ("Economy", "Trait", 0.88, 0.8, 0.97, 0.02, 0.81), ("Small", "Size", 0.8, 0.73, 0.87, 0.0002, 0.98),
        ("Beers and ales", "Category", 0.74, 0.62, 0.89, 0.006, 0.88), ("Small trips", "Channel and time", 0.55, 0.5, 0.6, 0.0001, 1.0),
    )  # fmt: skip
    genes = tuple(SeparatingGene(*row) for row in rows)
    return BestCustomers(
        494, 2469, "the fifth with the highest spend, a purchase counting half after 56 days",
        "strength among the best ÷ strength among the rest", genes, revenue_share=0.545, tested=290,
    )  # fmt: skip


def _next(genomes: tuple[GenomePicture, ...]) -> NextItems:
    likely = (("Fluid milk products", 0.71, 0.38, "in 15 of the last 20 baskets, last 3 days ago"), ("Soft drinks", 0.55, 0.31, "in 11 of the last 20 baskets"),
              ("Baked bread, buns and rolls", 0.44, 0.29, "every 6 days, 5 days since the last"), ("Cheese", 0.39, 0.27, "customers like this one buy it"),
              ("Bag snacks", 0.33, 0.2, "in 6 of the last 20 baskets"), ("Yogurt", 0.14, 0.09, "customers like this one buy it"))  # fmt: skip
    people = [
        CustomerPredictions(genome.customer_id, genome.name, tuple(
            Prediction(label, chance * (1 - 0.17 * place), base, chance * (1 - 0.17 * place) * 0.8, min(1, chance * (1 - 0.17 * place) * 1.2), reason)
            for label, chance, base, reason in likely))
        for place, genome in enumerate(genomes[:2])
    ]  # fmt: skip
    people.append(
        CustomerPredictions(genomes[2].customer_id, genomes[2].name, reason="fewer than 3 baskets so far")
    )
    record = TrackRecord(
        "share of the next basket that was among ten guesses",
        0.368,
        0.291,
        "the ten most bought by everybody",
        0.357,
        0.379,
        1991,
        "first basket of 4 to 31 December 2017",
    )
    method = (
        "How often each customer buys, fading with age, blended with what customers of similar genome buy."
    )
    return NextItems(
        tuple(people), "next basket", method, (record,), sample_targets(genome.name for genome in genomes)
    )


def _sureness() -> Sureness:
    return Sureness(
        reliability=(
            FamilyReliability("Brand", 45, 0.61, 0.52, 0.67), FamilyReliability("Category", 297, 0.53), FamilyReliability("Trait", 23, 0.49, 0.33, None),
            FamilyReliability("Price", 5, 0.66, 0.58, 0.56), FamilyReliability("Size", 4, 0.58, 0.41, 0.24),
        ),
        hidden=(
            HiddenGenes("seen at fewer than 30 customers", 41, ("Maker 2211", "Sushi")),
            HiddenGenes("does not say the same again half a year later", 12, ("Seasonal",)),
        ),
        quarantined=(
            QuarantinedRows("transactions", "quantity is 0 and value is not", 198, "quantity 0, value 1.99"),
            QuarantinedRows("transactions", "product is not in the catalogue", 7, "product 999999"),
        ),
        terms=(DataTerms("Complete Journey", "For education and research; parts are simulated.", "84.51°, The Complete Journey 2.0", "https://www.8451.com/area51"),),
        caveats=("Demographics are held for 801 of 2,469 households.",),
    )  # fmt: skip


ACTIONS = (
    Action(
        "customers",
        "Ask your own question of the same rows",
        'genome sql "SELECT phase, count(*) FROM phases GROUP BY 1" --purpose analytics',
    ),
    Action("journey", "Follow another move", "genome journey precedes Active Loyal"),
    Action("genomes", "Look at any other customer", "genome show household:1364"),
    Action("compare", "Compare two others, or find who is alike", "genome similar household:208 -k 10"),
    Action("best", "See who is close to the best and not yet among them", "genome best --twins"),
    Action(
        "next",
        "Write the predictions of all customers to a file",
        "genome predict next-basket -k 10 --out next.parquet",
    ),
    Action("sure", "Mend the rows that were set aside and bring them back", "genome status"),
)
