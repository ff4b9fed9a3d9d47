"""Articles to classify, written for these tests."""

from slugline.v1.document_pb2 import Document

ASYLUM = Document(
    id="asylum",
    title="Border police turn back asylum seekers at mountain pass",
    content="""Border police stopped some two hundred asylum seekers at the Karsten pass on Sunday and sent them back over the frontier.

The interior minister called the crossings a threat to national security, and said that smugglers and terrorists must not use the same road.
Patrols with drones and dogs will guard the pass from next week. "We will not lose control of our border," he told reporters.

Aid workers told of families with small children who had walked for days without food, shelter or medicine. The refugees slept in the snow,
and four of them were taken to hospital. The United Nations refugee agency said that everyone who flees war and persecution has the right to
ask for asylum, and urged the government to open a reception centre for the migrants before winter.
""",
)

RATES = Document(
    id="rates",
    title="Central bank lifts interest rates as inflation climbs",
    content="""The central bank raised its key interest rate by a quarter of a point on Thursday, the fourth rise this year.

Inflation reached 5.1 per cent in March, and the economy grew more slowly than forecast. Shares of banks rose, while bonds fell.
Investors expect another increase before the summer. Exporters warned that a stronger currency would cut their profits.
""",
)

FOOTBALL = Document(
    id="football",
    title="Late goal sends Harbour City into cup final",
    content="""A header in the last minute took Harbour City to the cup final on Saturday, after a match that the visitors had led at half-time.

The coach praised his goalkeeper, who saved a penalty. The striker has scored eleven goals this season. The team meets the league champions
in the final at the national stadium.
""",
)

# Every text that offsets can go wrong in: characters beyond the Basic Multilingual Plane, an emoji of several code points, accents as
# characters of their own, a ligature, letters that grow when folded, and Windows line ends.
UNICODE = Document(
    id="unicode",
    title="🚨 Border police stop refugees near Café Zoë 👩‍👩‍👧 \U00010348",
    content="🚧 Asylum seekers slept in the snow 🥶 near the border.\r\n"
    "Refugees \U0001d538nd migrants waited at the Cafe\u0301 Zu\u0308rich 👨‍👩‍👧‍👦, said the refugee agency.\r\n\r\n"
    "The ofﬁce of the İzmir border police called asylum seekers a threat to national security 🇨🇦 on the STRAẞE. "
    "\U00010348 Smugglers bring refugees over the border, police said — “a crisis” 💔.",
)

GERMAN = Document(
    id="german",
    title="Stadtrat streitet über neue Straßenbahn",
    content="""Der Stadtrat hat am Dienstagabend bis kurz vor Mitternacht über die geplante Straßenbahn in den Süden der Stadt gestritten. Die
Gegner des Vorhabens halten die Kosten für viel zu hoch und fürchten jahrelange Baustellen vor ihren Geschäften. Die Befürworter verwiesen
darauf, dass die Busse schon heute jeden Morgen überfüllt seien und dass der Bund den größten Teil der Rechnung übernehme. Eine Entscheidung
soll nun erst nach den Sommerferien fallen, wenn ein weiteres Gutachten vorliegt.
""",
)

# Looks like English, but has no word that a model could know.
INVENTED = Document(
    id="invented",
    language_code="en",
    content="Blorptang zindleqwaff merrowick vuntharpe. Skolliband drexumphy quastrill, wembleforth grondaxic plivvernost! Thrumbleck oozifant.",
)

BLANK = Document(id="blank", title=" \t", content="\n \u00a0\n")
