"""Whether a text is JSON is told as by Python's own reader, which builds what the text describes."""

import json
import random

import pytest

from livedata.schemas.jsontext import json_problem

SOUND = [
    *("{}", " [] ", "0", "-1.5e-3", '"\\u00e9\\n"', "[[],{}]", '"é"', "[1 ,2]", "\r\n[ ]\t"),
    *('{"a":{"b":[1,{"c":true}]},"d":null}', '[{"a":1},{"b":[1,[2],3]},[],"x"]'),
]
UNSOUND = [
    *("", " ", "{", "[", '"', "[1", "[1,", "[1,]", "{,}", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "nul", "[1 2]"),
    *("01", "1.", ".5", "+1", "1e", "NaN", "-Infinity", "'a'", '"\t"', '"\\x"', '"\\u12g4"', "]", "{]", "[}"),
    *("1 2", '["a":1]', "{} x", '{"a":1 "b":2}', "[,1]", "\ufeff{}", "[1,,2]", '{"a":[1,]}', '"a', '{"a":{"b":1}'),
]


@pytest.mark.parametrize("text", SOUND)
def test_sound_texts_have_no_problem(text):
    json.loads(text)
    assert json_problem(text) == ""


@pytest.mark.parametrize("text", UNSOUND)
def test_unsound_texts_have_one(text):
    assert "expected" in json_problem(text)


def test_texts_may_nest_128_deep_and_no_deeper():
    assert json_problem("[" * 128 + "]" * 128) == ""
    assert json_problem("[" * 129 + "]" * 129) == "it nests more than 128 deep"
    assert json_problem('{"a":' * 128 + "1" + "}" * 128) == ""
    assert json_problem('{"a":' * 129 + "1" + "}" * 129) == "it nests more than 128 deep"


def refuse(constant):
    raise ValueError(constant)


def is_json(text):
    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


def test_texts_damaged_at_random_are_judged_as_python_does():
    rng = random.Random(20261121)
    document = {"a": [1, -2.5, {"b": 'x\\y"', "c": []}, [[True]], None], "d": {"e": {}, "f": "é\n"}, "": [[], {}, ""]}
    texts = [json.dumps(document, indent=indent, ensure_ascii=ascii) for indent in (None, 1) for ascii in (True, False)]
    n_sound = 0
    for _ in range(5000):
        letters = list(rng.choice(texts))
        for _ in range(rng.randint(1, 2)):
            at = rng.randrange(len(letters))
            letters[at : at + rng.randint(0, 1)] = rng.choice(["", *'[]{},:"\\ 1-e.\n'])
        text = "".join(letters)
        assert (json_problem(text) == "") == is_json(text), text
        n_sound += is_json(text)
    assert 500 < n_sound < 4500
