import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthconv.errors import EntityError
from synthconv.lang.packs import languages, load_pack
from synthconv.plan.frames import FILLS
from synthconv.scenario.models import EntityModel
from synthconv.scenario.regexes import RegexError, broken, sampler
from synthconv.scenario.values import Locale, build_sampler

REFERENCE = date(2026, 3, 18)
TAGS = ["en-US", "en-GB", "de-DE", "es-ES", "es-MX", "fi"]
CANONICAL = {
    "number": r"-?\d+(\.\d+)?",
    "money": r"\d+\.\d\d [A-Z]{3}",
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"\d\d:\d\d",
    "duration": r"P(\d+D)?(T(\d+H)?(\d+M)?)?",
    "phone": r"\+\d{8,15}",
    "email": r"[a-z0-9._-]+@example\.(com|org|net)",
    "id": r"[A-Z]{2,3}-\d{5,7}",
}


def draws(tag, n=1500, seed=1, **entity):
    found = build_sampler("e", EntityModel(**entity), Locale(tag, REFERENCE, seed))
    random = Random(seed)
    out = []
    for _ in range(n):
        value, native = found.draw(random)
        out.append((value, found.word(native, random)))
    return out


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", CANONICAL)
def test_values_are_canonical_and_no_surface_means_two(tag, kind):
    meanings = defaultdict(set)
    for value, surface in draws(tag, type=kind):
        assert re.fullmatch(CANONICAL[kind], value), value
        assert surface == surface.strip() != ""
        assert not re.search(r"[{}]", surface)
        meanings[surface].add(value)
    assert {surface: values for surface, values in meanings.items() if len(values) > 1} == {}


@pytest.mark.parametrize(
    ("kind", "least"), [("money", 6), ("date", 6), ("time", 4), ("duration", 4), ("phone", 5), ("number", 2)]
)
def test_one_value_has_many_surfaces(kind, least):
    surfaces = defaultdict(set)
    for value, surface in draws("en-US", n=20_000, type=kind):
        surfaces[value].add(re.sub(r"\d", "9", surface))
    assert max(map(len, surfaces.values())) >= least


def test_surfaces_are_the_languages_own():
    assert {"tomorrow", "next Friday", "March 27th"} <= {
        surface for _, surface in draws("en-US", type="date", to_days=12, n=5000)
    }
    assert {"morgen", "übermorgen"} <= {surface for _, surface in draws("de-DE", type="date", to_days=12, n=5000)}
    german = {surface for _, surface in draws("de-DE", type="money", min=1000, max=9000, n=5000)}
    assert any(re.search(r"\d\.\d{3}", surface) for surface in german)
    assert {"forty dollars", "$40", "40 bucks"} <= {
        surface for _, surface in draws("en-US", type="money", min=40, max=40, n=500)
    }
    assert {"noon", "12 pm", "12:00"} <= {
        surface for _, surface in draws("en-US", type="time", min="12:00", max="12:00", n=500)
    }


def test_relative_days_are_counted_from_the_reference_day():
    for value, surface in draws("en-US", type="date", to_days=20, n=3000):
        offset = (date.fromisoformat(value) - REFERENCE).days
        assert surface != "tomorrow" or offset == 1
        assert surface != "next Friday" or value == "2026-03-27"
        assert surface != "this Friday" or value == "2026-03-20"
        if found := re.fullmatch(r"(\d\d)/(\d\d)", surface):
            assert value == f"2026-{found[1]}-{found[2]}"


@pytest.mark.parametrize(
    ("tag", "shown", "half"),
    [
        ("en-US", r"(?:the )?(\d+)(?:st|nd|rd|th)(?: of this month)?", {"half past 5 in the afternoon"}),
        ("de-DE", r"(\d+)\.(?: dieses Monats)?", {"halb 6 nachmittags"}),
        ("es-ES", r"el (?:día )?(\d+)(?: de este mes)?", {"5 y media de la tarde"}),
    ],
)
def test_a_day_of_this_month_and_the_half_of_an_hour(tag, shown, half):
    days = set()
    for value, surface in draws(tag, type="date", from_days=-10, to_days=40, n=4000):
        if found := re.fullmatch(shown, surface):
            assert value == f"2026-03-{int(found[1]):02}" > REFERENCE.isoformat()
            days.add(value)
    assert len(days) == 12
    said = Counter(surface for _, surface in draws(tag, type="time", min="17:30", max="17:30", n=2000))
    assert half <= set(said)
    assert sum(said[surface] for surface in half) < 1000


def test_bounds_hold():
    assert all(5 <= Decimal(value.split()[0]) <= 20 for value, _ in draws("en-US", type="money", min=5, max=20))
    assert {value for value, _ in draws("en-US", type="number", min=1, max=2, step=0.5)} == {"1", "1.5", "2"}
    assert all("08:00" <= value <= "09:30" for value, _ in draws("en-US", type="time", min="08:00", max="09:30"))
    assert {value for value, _ in draws("en-US", type="date", from_days=-1, to_days=1)} == {
        "2026-03-17",
        "2026-03-18",
        "2026-03-19",
    }


def test_lists_say_synonyms_and_keep_the_canonical_value():
    found = draws(
        "en-US", values=["checking", {"value": "savings", "synonyms": ["rainy day money", "savings account"]}]
    )
    assert {surface for value, surface in found if value == "savings"} == {
        "savings",
        "rainy day money",
        "savings account",
    }
    assert {value for value, _ in found} == {"checking", "savings"}


def test_faker_values_follow_the_locale_and_the_seed():
    assert draws("de-DE", n=20, faker="city") == draws("de-DE", n=20, faker="city")
    assert draws("de-DE", n=20, faker="city") != draws("en-US", n=20, faker="city")
    assert draws("en-US", n=20, faker="city") != draws("en-US", n=20, faker="city", seed=2)


def test_phone_numbers_are_nobodys():
    assert all(re.fullmatch(r"\+1\d{3}55501\d\d", value) for value, _ in draws("en-US", type="phone"))
    assert all(value.startswith("+49") for value, _ in draws("de-DE", type="phone"))


@pytest.mark.parametrize(
    ("entity", "key", "cause"),
    [
        ({"faker": "nmae"}, "faker", "no provider 'nmae'"),
        ({"faker": "seed_instance"}, "faker", "no provider"),
        ({"faker": "pydict"}, "faker", "gives dict"),
        ({"pattern": "(?=a)a"}, "pattern", "cannot be drawn"),
        ({"pattern": "[a"}, "pattern", "no regular expression"),
        ({"pattern": r"\d{500}"}, "pattern", "up to 500 characters, the limit is 120"),
        ({"type": "money", "min": 10, "max": 5}, "min", "above"),
        ({"type": "time", "min": "25:00"}, "min", "no time of day"),
        ({"type": "number", "min": "many"}, "min", "no number"),
        ({"type": "date", "from_days": 5, "to_days": 1}, "from_days", "above"),
    ],
)
def test_an_entity_that_cannot_be_drawn_says_why(entity, key, cause):
    with pytest.raises(EntityError, match=cause) as caught:
        build_sampler("e", EntityModel(**entity), Locale("en-US", REFERENCE, 1))
    assert caught.value.key == key
    assert caught.value.cure


@pytest.mark.parametrize(
    "pattern", [r"[A-Z]{2}-\d{6}", r"(red|blue)\d?", r"\w+", r"[^a-z]{3}", r"(ab)\1", r"a.{2}c", r"^x*y$", r"[äöü]{2}"]
)
@given(seed=st.integers(0, 2**32))
def test_drawn_texts_match_their_expression(pattern, seed):
    assert re.fullmatch(pattern, sampler(pattern)[0](Random(seed)))


@given(st.text(alphabet=r"ab[]()|?*+{}\d^$.12-", max_size=12))
def test_any_expression_is_drawn_or_refused(pattern):
    try:
        draw, size = sampler(pattern)
    except RegexError as error:
        assert str(error)
    else:
        assert size >= 1
        assert re.fullmatch(pattern, draw(Random(1)))


@given(st.integers(0, 2**32))
def test_a_broken_code_is_no_match(seed):
    assert not re.fullmatch(r"[A-Z]{2}-\d{6}", broken("AB-123456", r"[A-Z]{2}-\d{6}", Random(seed)) or "")


@pytest.mark.parametrize("language", languages())
def test_every_pack_is_complete(language):
    pack = load_pack(language)
    assert len(pack.numbers.words) == 100
    assert len(set(pack.numbers.words)) == 100
    assert (len(pack.dates.months), len(pack.dates.weekdays), len(pack.dates.ordinals)) == (12, 7, 31)
    assert pack.default_region in pack.regions
    assert {family for family in FILLS if len(pack.wording.families.get(family, ())) < 20} <= {"asking"}
    assert len(pack.wording.verbs) >= 350
    assert {*pack.wording.bot_verbs, *pack.wording.user_verbs} <= set(pack.wording.verbs)
    assert len(pack.wording.synonyms) >= 300
    for name, words in {**dict(pack.style), **dict(pack.noise)}.items():
        assert len(words) >= 4 or name in ("capital_words", "channel_words"), name
