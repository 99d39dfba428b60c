"""Given names that one person may go by: a line is one name in its forms."""

from functools import lru_cache

from services.contacts.matching.domain.folding import fold

_GROUPS = """
abigail abby gail
adam ad
alan allan allen al
albert al bert bertie
alexander alex alec sandy sasha xander aleksander
alexandra alex sandra sandy lexi aleksandra
alfred alf fred freddie
alice allie ally
amanda mandy
andrew andy drew andreas anders andre
angela angie
ann anne anna annie anita annette anni ane
anthony antony tony anton
antonia toni
arthur art artie
barbara barb babs barbie
benjamin ben benny benji bendt bent
bernard bernie bernhard
brian bryan brain
birgit birgitte gitte
camilla milla kamilla
caroline carol carrie karoline karolina line
carl karl kalle
catherine katherine kathryn kate katie kathy cathy kitty kit kathleen katrine catrine trine katharina katarina
charles charlie chuck chas carlos
charlotte lotte charlie lottie
christian chris kristian christen kresten
christina christine chris tina kristina kristine stine kirsten kirstine chrissy
christopher chris kit kristoffer christoffer topher
claus klaus
cynthia cindy
daniel dan danny
david dave davey
deborah debra debbie deb
dennis denis
donald don donnie
dorothy dot dottie dolly dorthe dorte dorthea
edward ed eddie ted teddy ned edvard
eleanor ellie nell nora eleonora
elizabeth elisabeth liz lizzie beth betty betsy eliza lisa elise lise libby lisbeth lis bettina else
emily emma em emmy
emil emilio
eric erik erich rick
erling erl
ernest ernie ernst
eugene gene
eva eve
ferdinand ferdie
florence flo
frances fran francine franny franziska
francis frank frankie franz frans
frederick fred freddy fritz frederik fredrik
frederikke frede rikke
gabriel gabe
geoffrey jeffrey jeff geoff
george georg joergen jorgen
gerald gerry jerry
gertrude trudy gerda
gregory greg gregers
grete margrethe margrete margaret grethe maggie meg peggy marge margie greta merete mette margareta daisy
gustav gus gustaf
hans johannes johan john jon jack johnny jens ian ivan jan
harold harry hal
helen helena helene lene nell ellen elena
henry harry hank henrik hal henning heinrich
howard howie
hubert bert
isabella isabel isabelle bella izzy
ingeborg inger inge inga
jacob jakob jake jack jeppe ib
jacqueline jackie
james jim jimmy jamie
jane janet jenny janey
janice jan
jean jeanne jeanette
jennifer jen jenny jennie
jeremy jerry jerome
jessica jess jessie
joanna joanne jo johanna johanne hanne hanna
joseph joe joey josef jose
josephine josie jo josefine fine
joshua josh
judith judy jude
julia julie jules juliane
karen caren karin
katja ekaterina
kenneth ken kenny kent
kimberly kim
knud knut canute
kurt curt
larry lawrence laurence lars laurits lasse laurids lorenz
laura laurie lora
leonard leo len lenny leonhard
leonora nora
lewis louis lou louie ludvig ludwig
linda lynn lindy
louise lou lulu
lucas luke luca lukas
lucy lucia luciana
magdalene magda lene malene madeleine maddie
magnus mogens
marcus mark marc markus
maria mary marie mia molly polly mariam miriam maja may marianne
martha marty marthe
martin marty morten marten
matilda tilly mathilde tilde
matthew matt matty matthias mads mathias mattias
maximilian max maks
megan meg
melissa missy lissa mel
michael mike mick mikey mickey mikael mikkel michel
michelle shelly micki
mildred millie
mohammed muhammad mohamed mohammad mo muhammed
nancy nan
natalie nat natalia natascha nataly
nathan nathaniel nate nat
nicholas nick nicky nicolas nikolaj nicolai niels klaus nils nis
nicole nicky nikki nicola
oliver ollie
pamela pam
patricia pat patty trish tricia
patrick pat paddy
paul poul pauli pavel pablo
pauline paulina
peter pete peder per petra peer
philip phil pip philippe filip phillip
preben pre
rachel rachael rae
ralph rolf
randall randy
raymond ray
rebecca becky becca rebekka
regina gina
reginald reg reggie
richard rick dick rich ricky rikard
robert bob rob bobby robbie bert bo
roger rodger
roland rolle
ronald ron ronnie
rosemary rose rosie rosa
rudolf rudy rolf rudi
russell russ
samantha sam sammy
samuel sam sammy
sarah sara sally sadie
sebastian seb bastian
sigrid siri
simon si simone
sofia sophie sofie sophia fie
stanley stan
stephanie steph steffi stefanie
stephen steven steve stefan steffen stephan
susan sue susie suzanne susanne sanne sus susanna
sven svend sv
soren severin
teresa theresa terry tess tessa therese
terence terry
theodore ted teddy theo teodor
thomas tom tommy tomas
timothy tim timmy
torben thorbjorn torbjorn
ulrik ulrich uli
ursula ulla
valdemar waldemar
valerie val
vanessa nessa
veronica ronnie vera
victor vic vicky viktor
victoria vicky vic tory viktoria
vincent vince vinnie
virginia ginny
walter walt wally valter valdi
wilhelmina mina minna vilhelmine wilma
william bill billy will willy liam vilhelm willie wilhelm
yvonne vonnie
zachary zach zack
"""


def _read() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_GROUPS.split("\n")):
        for name in line.split():
            found.setdefault(fold(name), set()).add(number)
    return {name: frozenset(groups) for name, groups in found.items()}


_OF = _read()
_NONE: frozenset[int] = frozenset()


def groups_of(name: str) -> frozenset[int]:
    """The names that a folded given name is a form of."""
    return _OF.get(name, _NONE)


@lru_cache(maxsize=100_000)
def root_of(name: str) -> str:
    """One word for a name and all its forms, as far as one is known; else how the name sounds."""
    groups = groups_of(name)
    return f"#{min(groups)}" if groups else ""
