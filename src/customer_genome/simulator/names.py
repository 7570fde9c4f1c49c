"""Made-up names of people and companies, joined from lists; whoever bears one does so by chance."""

from __future__ import annotations

FEMALE = (
    "Anna", "Lena", "Sophie", "Marie", "Emma", "Julia", "Clara", "Laura", "Eva", "Nina", "Amira", "Leyla", "Olivia",
    "Grace", "Hannah", "Ida", "Mila", "Zoe", "Aylin", "Priya", "Ines", "Carla", "Elif", "Ruth",
)  # fmt: skip
MALE = (
    "Paul", "Jonas", "Lukas", "David", "Felix", "Max", "Noah", "Leon", "Tom", "Simon", "Omar", "Emre", "James",
    "Henry", "Jakob", "Anton", "Milan", "Viktor", "Mehmet", "Arjun", "Marco", "Bruno", "Yusuf", "Karl",
)  # fmt: skip
LAST = (
    "Gruber", "Huber", "Bauer", "Wagner", "Mueller", "Pichler", "Steiner", "Moser", "Mayer", "Hofer", "Leitner",
    "Berger", "Fuchs", "Eder", "Fischer", "Schmid", "Winkler", "Weber", "Schwarz", "Maier", "Yilmaz", "Novak",
    "Horvath", "Kovac", "Smith", "Jones", "Taylor", "Brown", "Wilson", "Evans", "Martin", "Keller", "Meier",
    "Frei", "Brunner", "Graf", "Vogel", "Schulz", "Koch", "Richter", "Klein", "Wolf", "Neumann", "Zimmermann",
    "Hartmann", "Lange", "Krause", "Lehmann", "Patel", "Khan",
)  # fmt: skip
COMPANY_FIRST = (
    "North", "Blue", "Alpen", "Linden", "Stern", "River", "Copper", "Maple", "Iron", "Silver", "Bright", "Clear",
    "Urban", "Green", "Delta", "Nova", "Prime", "Quant", "Terra", "Vista",
)  # fmt: skip
COMPANY_LAST = (
    "works", "media", "bakery", "sports", "travel", "fashion", "foods", "labs", "living", "motors", "health",
    "studio", "garden", "books", "energy", "homes",
)  # fmt: skip
MAIL_HOSTS = ("freemail.example", "post.example", "inbox.example", "webmail.example")
TITLES = (
    "Owner", "Marketing Manager", "Designer", "Head of Marketing", "Freelancer", "Social Media Manager", "Intern",
    "Product Manager",
)  # fmt: skip
COUNTRIES = ("AT", "DE", "CH", "GB", "US")
COUNTRY_SHARES = (0.3, 0.35, 0.1, 0.15, 0.1)
DIAL = ("+43600", "+49100", "+4170", "+44799", "+1555")
LANGUAGES = ("de", "de", "de", "en", "en")
TYPED_COUNTRIES = (
    ("AT", "Austria", "Österreich"), ("DE", "Germany", "Deutschland"), ("CH", "Switzerland", "Schweiz"),
    ("GB", "United Kingdom", "UK"), ("US", "United States", "USA"),
)  # fmt: skip
"""What people type for each country."""
INDUSTRIES = ("retail", "food", "travel", "agency", "software", "non-profit", "manufacturing", "health")
AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
GENDERS = ("female", "male", "diverse")
