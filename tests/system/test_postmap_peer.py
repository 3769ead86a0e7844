# SPDX-License-Identifier: ISC
"""postmap and postalias beside Debian's: files of each are read by the other, and both say the same of the same.

A program of Postfix that fails waits a second before it ends, so what has many failures is asked side by side.
"""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from postfix_peer import OWNER, DROP_GROUP, need_postfix, write_settled

KINDS = ["hash", "btree", "lmdb"]


@pytest.fixture
def tables(tables):
    """Where our programs leak is looked for in test_postmap.py, and takes longer than the rest of what they do."""
    tables.environment["ASAN_OPTIONS"] = "detect_leaks=0"
    return tables


@pytest.fixture
def theirs(tables):
    """run(program, *args, stdin=, want=) of Debian's, in the same directory."""
    root = need_postfix()
    etc, libs = tables.dir / "their-etc", root / "usr" / "lib" / "postfix"
    etc.mkdir()
    write_settled(etc / "main.cf", f"compatibility_level = 3.6\nshlib_directory = {libs}\nmeta_directory = {etc}\n"
                                   f"mail_owner = {OWNER}\nsetgid_group = {DROP_GROUP}\nsmtputf8_enable = yes\n"
                                   f"myhostname = h.example\nqueue_directory = {tables.dir}\n")
    write_settled(etc / "dynamicmaps.cf", f"lmdb\t{libs}/postfix-lmdb.so\tdict_lmdb_open\tmkmap_lmdb_open\n"
                                          f"pcre\t{libs}/postfix-pcre.so\tdict_pcre_open\n")

    def run(program, *args, stdin="", want=0):
        p = subprocess.run([root / "usr" / "sbin" / program, "-c", etc, *args], cwd=tables.dir, capture_output=True,
                           input=stdin.encode(), env=dict(os.environ, LD_LIBRARY_PATH=str(libs)), timeout=60)
        assert want in (p.returncode, None), p.stderr
        p.out, p.err = p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")
        return p
    return run


BOTH_WAYS = "".join(f"Key{i}@Example.com value {i}\n" for i in range(5000)) + "é É\n" + f"big {'v' * 60000}\n{'k' * 400} long\n"


@pytest.mark.parametrize("option", [[], ["-n"], ["-N"]])
@pytest.mark.parametrize("kind", KINDS)
def test_we_read_theirs(tables, theirs, kind, option):
    tables.write("t", BOTH_WAYS)
    theirs("postmap", *option, f"{kind}:t")
    check_entries(lambda *args, **how: tables.postmap(*args, **how).out, theirs, kind)


@pytest.mark.parametrize("option", [[], ["-n"], ["-N"]])
@pytest.mark.parametrize("kind", KINDS)
def test_they_read_ours(tables, theirs, kind, option):
    tables.write("t", BOTH_WAYS)
    tables.postmap(*option, f"{kind}:t")
    check_entries(lambda *args, **how: theirs("postmap", *args, **how).out, theirs, kind)


def check_entries(reader, theirs, kind):
    asked = reader("-q", "-", f"{kind}:t", stdin="key4711@example.com\nÉ\nBIG\n")
    assert asked == f"key4711@example.com\tvalue 4711\nÉ\tÉ\nBIG\t{'v' * 60000}\n"
    entries = reader("-s", f"{kind}:t").splitlines()
    assert sorted(entries) == sorted(theirs("postmap", "-s", f"{kind}:t").out.splitlines())
    assert len(entries) == 5003


def test_long_keys(tables, theirs):
    """Keys and values that do not fit in a page."""
    text = "".join(f"{'k' * size}{size} {'v' * (size * 3)}\n" for size in (1, 10, 900, 1000, 1100, 2000, 3900, 20000))
    tables.write("t", text)
    for kind in ("hash", "btree"):
        theirs("postmap", f"{kind}:t")
        assert sorted(tables.postmap("-s", f"{kind}:t").out.splitlines()) == sorted(text.replace(" ", "\t").splitlines())
        keys = "".join(line.split()[0] + "\n" for line in text.splitlines()[:-1])
        assert tables.postmap("-q", "-", f"{kind}:t", stdin=keys).out.splitlines() == text.replace(" ", "\t").splitlines()[:-1]


def test_aliases_of_both_are_alike(tables, theirs):
    tables.write("al", "root: joe , \"|cmd x\"\nlist: :include:/etc/foo, a,b\nplus+x: y (c) z\ngrp: g: a, b;\n")
    theirs("postalias", "hash:al")
    want = [line for line in theirs("postalias", "-s", "hash:al").out.splitlines() if not line.startswith("YP_")]
    tables.run("postalias", "hash:al")
    assert sorted(tables.run("postalias", "-s", "hash:al").out.splitlines()) == sorted(want)


# The same sources and the same requests: output and exit status must be the same.

TEXT = """\
Foo bar  baz
"a b"@X v1
nov
k: v
  # c
 more

foo dup
"unb v
é é
trail  v\x20\x20
a\\ b c
"q\\"x" y
"""

KEYS = ("foo", "FOO", '"a b"@x', "a b@x", "k:", "trail", '"q\\"x"', "a\\ b", "no", " foo", "foo ")
REQUESTS = [(["-s"], ""), *((["-q", key], "") for key in (" foo", "no")), (["-q", "-"], "\n".join(KEYS)),
            (["-q", "-"], "foo\nnope\n\nFOO \nk:"), (["-q", "-"], "nope\n"), (["-i"], "new v\nfoo z\nbad\n"), (["-s"], ""),
            (["-d", "NEW"], ""), (["-d", "zzz"], ""), (["-d", "-"], "foo\nzz\n"), (["-d", "-"], "zz\n"), (["-s"], ""),
            (["-r"], ""), (["-s"], ""), (["-w"], ""), (["-s"], ""), (["-f"], ""), (["-s"], ""), (["-fq", "Foo"], ""), (["-q", "Foo"], "")]


def warnings(done):
    """How many there are: an empty result is told once of a table here, and there for each key; an unreadable IF costs its whole block
    here, and there the rule alone, with a second warning at its ENDIF."""
    lines = {re.sub(r": key \S+:", ":", line) for line in done.err.splitlines() if "warning: " in line}
    return len(lines) - sum("ENDIF without" in line for line in lines)


def answer(done):
    return done.returncode, sorted(done.out.splitlines())


def check_index(tables, theirs, kind):
    ours_name, their_name = f"{kind}-ours", f"{kind}-theirs"
    for name in (ours_name, their_name):
        write_settled(tables.dir / name, TEXT)
    ours, other = tables.postmap(f"{kind}:{ours_name}"), theirs("postmap", f"{kind}:{their_name}")
    if kind != "lmdb":                  # where the words before a duplicate entry differ
        assert ours.err == other.err.replace(their_name, ours_name)
    for args, stdin in REQUESTS:
        ours = tables.postmap(*args, f"{kind}:{ours_name}", stdin=stdin, want=None)
        other = theirs("postmap", *args, f"{kind}:{their_name}", stdin=stdin, want=None)
        assert answer(ours) == answer(other), (kind, args, ours.err, other.err)


def test_same_index(tables, theirs):
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda kind: check_index(tables, theirs, kind), KINDS))


PATTERNS = """\
/^(a+)(b*)(z)?/  $1 ${2} $(1) $$ $3.
/^x/\x20
/^nofl/q v
/unclosed v
if /^if/
/one/ in-if
if !/two/
/^iff/ nested
endif
endif
!/neg/ $1
/CASE/i cs
/range/ $9
/bad(/ x
 /ws/ x
/multi
 cont/ v
|pipe|x| y
/a\\/b/ slash
if /open/
/o/ open
/last/ last value  \x20
!/never.*/ negated
"""
PATTERN_KEYS = ["aab", "AAB", "x", "xx", "if one", "iff", "if two", "iff two", "neg", "n", "never", "CASE", "case", "range", "a/b", "open", "pipe",
                "last", "multicont", "aaz", "nothing here"]
FLAGS = "/^(?<n>a)(b)?(c)/ 1=$1 2=$2 3=$3\n/x y/x v\n/ABC/i up\n/^.$/sA dot\n/a.b/s nl\n/(a)|(b)/U $1$2\n/q$/E v\n/^m/m M\n/(?i)zz/ v\n/unk/Z v\n"
NETWORKS = """\
127.0.0.1 lo
10.0.0.0/8 ten
10.0.0.1/8 hostbits
2001:db8::/32 six
[::1] one6
::3/129 bad
1.2.3.4/33 bad
1.2.3 bad
if 172.16.0.0/12
172.16.1.0/24 a
!172.16.2.0/24 b
endif
if !192.168.0.0/16
::/0 never
endif
if !2001:db9::/32
0.0.0.0/0 never
endif
!192.168.7.0/24 not7 $1
endif
1.1.1.1
x y
!2001:db9::/32 not9
if 9.9.9.9/8
1.1.1.1 z
endif
"""
NETWORK_KEYS = ["127.0.0.1", "10.1.1.1", "192.168.1.1", "192.168.7.1", "2001:db8::1", "2001:DB8:0::1", "2001:db9::1", "::1", "::ffff:1.2.3.4",
                "172.16.1.1", "172.16.2.1", "172.17.0.1", "8.8.8.8", "x", "[::1]", "1.2.3", "010.0.0.1", "10.0.0.0/8", ""]


@pytest.mark.parametrize("kind, text, keys", [
    pytest.param("regexp", PATTERNS, PATTERN_KEYS, id="regexp"),
    pytest.param("pcre", PATTERNS, PATTERN_KEYS, id="pcre"),
    pytest.param("regexp", "/a(b)?c/x basic\n/(a)(b)?d/ [$1][$2]\n/ABC/i up\n/^m$/m M\n/unk/Z v\n", ["a(b)?c", "abc", "ad", "ABC", "abC", "x\nm", "unk"],
                 id="regexp flags"),
    pytest.param("pcre", FLAGS, ["ac", "abc", "xy", "x y", "ABC", "b", "a\nb", "q", "x\nm", "zz", "unk"], id="pcre flags"),
    pytest.param("cidr", NETWORKS, NETWORK_KEYS, id="cidr"),
])
def test_same_patterns(tables, theirs, kind, text, keys):
    """Each key by itself would take a process of each; those that are no line of a file are asked so."""
    write_settled(tables.dir / "t", text)
    lines = [key for key in keys if key and "\n" not in key]
    requests = [(["-q", "-"], "".join(key + "\n" for key in lines)), *((["-q", key], "") for key in keys if key not in lines)]
    for args, stdin in requests:
        ours = tables.postmap(*args, f"{kind}:t", stdin=stdin, want=None)
        other = theirs("postmap", *args, f"{kind}:t", stdin=stdin, want=None)
        assert answer(ours) == answer(other), (args, ours.err, other.err)
        assert warnings(ours) == warnings(other), (args, ours.err, other.err)


TABLES = [
    "static:{a b}", "static:{a b", "static:", "inline:{ k=v, {k2 = a b} }", "inline:{ {k = x y} , {k=2}}", "inline:{ k = v", "inline:{}", "inline:{k}",
    "inline:k=v", "inline:{ {k = } }", "unionmap:{static:a,static:b}", "unionmap:{static:a,inline:{y=1}}", "unionmap:{}", "unionmap:{fail:a}",
    "unionmap:{nosuch:a}", "pipemap:{inline:{k=b},inline:{b=c}}", "pipemap:{inline:{k=b},inline:{x=c}}", "pipemap:{static:a", "randmap:{x}",
    "randmap:{}", "regexp:{{/k/ y}}", "regexp:{ {/x/ y}, {/k/ w} }", "regexp:{/k/ y}", "pcre:{{/(k)/ y$1}}", "cidr:{{1.2.3.4 x}}", "fail:x",
    "nosuch:x", "hash:", "hash:missing", "texthash:missing", "regexp:missing", "internal:x", "unix:passwd.byname", "unix:nosuch", "environ:x"]


def different_answers(tables, theirs, table):
    """The requests that are answered differently, with both answers."""
    listed = not table.startswith(("environ", "unix", "internal"))
    requests = [["-q", "k"], ["-q", "-"]] + ([["-s"]] if listed else [])
    for args in requests:
        ours, other = (run(*args, table, stdin="k\nroot\nHOME\n", want=None) for run in (tables.postmap, partial(theirs, "postmap")))
        if answer(ours) != answer(other):
            yield f"{table} {args}: {answer(ours)}, {ours.err}; Postfix: {answer(other)}, {other.err}"


def test_same_answers(tables, theirs):
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda table: list(different_answers(tables, theirs, table)), TABLES)
        assert not [line for lines in found for line in lines]


MESSAGE = "From: a\nSubject: fooX\n fold\nTo: b\nContent-Type: multipart/mixed; boundary=q\n\nbody foo\n--q\nSubject: fooP\n\ninner foo\n--q--\n"


@pytest.mark.parametrize("option", ["-h", "-b", "-hb", "-hm", "-bm", "-hbm", "-m"])
def test_same_of_a_message(tables, theirs, option):
    args = [option, "-q", "-", "regexp:{{/foo/ X},{/^to/ Y}}"]
    ours, other = tables.postmap(*args, stdin=MESSAGE, want=None), theirs("postmap", *args, stdin=MESSAGE, want=None)
    assert (ours.returncode, ours.out) == (other.returncode, other.out)
