"""Names that the people of the demo are made up of. The towns exist; the streets and area codes are put together."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    """Ada Agnes Alan Albert Alice Amara Amir Ana Andre Anita Anna Arthur Asha Astrid Ayla Basil Beatrice Ben Bianca
    Boris Bruno Carla Carmen Cecilia Cedric Chloe Clara Colin Cora Cyrus Dagny Dalia Daniel Daria David Delia Dena
    Diego Dinah Dora Edgar Edith Elena Elias Ella Elsa Emil Emma Enid Erik Esther Ethan Eva Ezra Farah Felix Fiona
    Flora Frank Freya Gail George Grace Greta Hana Hanna Harold Hazel Hector Helen Henry Hugo Ida Imani Ines
    Irene Iris Isaac Ivan Jacob Jada James Jamal Jana Jasper Jean Joan Joel John Jonas Jorge Julia Kai Karen Karl Kate
    Kenji Kira Laila Lars Laura Leo Lena Liam Lila Lisa Louis Lucia Lydia Mabel Maya Marcus Maria Martin Mateo Maud Mei
    Mila Mina Miriam Mona Nadia Naomi Nell Niels Nina Noah Nora Odin Olga Olive Omar Oscar Otto Paul Pearl Petra Pia
    Quentin Rafael Ravi Rhea Rita Robin Rosa Ruth Salma Sam Sara Selma Simon Sofia Stella Sven Tara Tess Theo Tobias
    Uma Ursula Vera Victor Viola Walter Wanda Wilma Yara Yusuf Zara Zoe"""
)
FAMILY = _words(
    """Abbott Adler Ahmed Alvarez Andersen Archer Baker Banerjee Barnes Becker Bell Berg Bishop Blake Bloom Boyd Brandt
    Brooks Bryant Burke Carter Castillo Chan Chavez Cole Cooper Cruz Dahl Dalton Davies Delgado Diaz Dixon Doyle Duarte
    Eaton Ekberg Ellis Eriksen Evans Farrell Fischer Fleming Flores Foster Frost Garner Gibson Gomez Grant Gray Greene
    Haas Hale Hansen Harper Hayes Hendricks Hoffman Holm Howard Hughes Ibarra Ingram Ito Iyer Jansen Jensen Jones
    Kaplan Keller Khan Kim Klein Kowalski Kramer Kumar Lambert Lang Larsen Lee Lindgren Lopez Lund Madsen Marsh Mason
    Mendez Meyer Miller Moreno Morgan Murphy Nakamura Nash Nguyen Nielsen Novak O'Brien Okafor Olsen Ortiz Osman Owens
    Palmer Park Patel Perez Petersen Porter Quinn Ramos Reyes Rhodes Rivera Rossi Ryan Sanchez Sato Schmidt Shah Shaw
    Silva Singh Sloan Soto Stone Strand Suarez Tanaka Torres Tran Turner Vargas Vega Vogel Wagner Walsh Ward Weber West
    Winter Wolf Wong Yates Yilmaz Young Zhang Ziegler"""
)
STREETS = _words(
    """Alder Ash Aspen Beech Birch Bridge Canal Cedar Cherry Chestnut Church Clover College Depot Elm Fern Garden Grove
    Harbor Hawthorn Hazel Hickory Hill Juniper Lake Laurel Linden Locust Magnolia Maple Market Meadow Mill Mulberry Oak
    Orchard Park Pearl Pine Poplar Prospect Quarry Ridge River School Spring Spruce Sumac Summit Sycamore Union Valley
    Vine Walnut Water Willow"""
)
STREET_KINDS = ("Street", "Avenue", "Lane", "Road", "Drive", "Court")
TOWNS = (  # (town, state, first digits of its postal codes, time zone)
    ("Cincinnati", "OH", "452", "America/New_York"),
    ("Dayton", "OH", "454", "America/New_York"),
    ("Columbus", "OH", "432", "America/New_York"),
    ("Lexington", "KY", "405", "America/New_York"),
    ("Louisville", "KY", "402", "America/New_York"),
    ("Indianapolis", "IN", "462", "America/New_York"),
    ("Nashville", "TN", "372", "America/Chicago"),
    ("Memphis", "TN", "381", "America/Chicago"),
    ("Little Rock", "AR", "722", "America/Chicago"),
    ("Denver", "CO", "802", "America/Denver"),
)
AREA_CODES = _words(  # numbers 555-0100 to 555-0199 of each are kept for fiction
    """201 202 203 205 206 207 208 209 212 213 214 215 216 217 218 219
    224 225 228 229 231 234 239 240 248 251"""
)
MAIL_DOMAINS = ("example.com", "example.org", "example.net")
