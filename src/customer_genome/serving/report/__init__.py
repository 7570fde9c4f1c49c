"""The report: one offline HTML file that answers six questions about the customers."""

from customer_genome.serving.report.karyotype import karyotype
from customer_genome.serving.report.mirror import mirror
from customer_genome.serving.report.model import (
    Action,
    BestCustomers,
    CustomerPredictions,
    DataTerms,
    FamilyReliability,
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
    TrackRecord,
)
from customer_genome.serving.report.picture import Band, Chromosome, Comparison, Contribution, GenomePicture
from customer_genome.serving.report.render import render

__all__ = [
    "Action",
    "Band",
    "BestCustomers",
    "Chromosome",
    "Comparison",
    "Contribution",
    "CustomerPredictions",
    "DataTerms",
    "FamilyReliability",
    "GenomePicture",
    "HiddenGenes",
    "NextItems",
    "Overview",
    "PeriodTotal",
    "PhaseCount",
    "Prediction",
    "QuarantinedRows",
    "Report",
    "SeparatingGene",
    "SourceAccount",
    "SpendBin",
    "Sureness",
    "TrackRecord",
    "karyotype",
    "mirror",
    "render",
]
