# SPDX-License-Identifier: ISC
"""postmap and postalias: options, exit codes, texts. What they have in common with Debian's: test_postmap_peer.py."""

import json
import os
import pwd
import random
import re
import shutil
import subprocess
import threading

import pytest

from instance import prefix

TEXT = """\
# comment
Foo bar  baz
"a b"@Ex.com   v1
novalue
key: val
  # inner
  more

foo dup
"unb val
é É
"""

pytestmark = pytest.mark.skipif(prefix() is None, reason="no programs are installed under CARTEIRO_PREFIX")

INDEXES = [("hash", "t.db"), ("btree", "t.db"), ("lmdb", "t.lmdb")]


@pytest.mark.parametrize("kind,index", INDEXES)
def test_build_and_query(tables, kind, index):
    tables.write("t", TEXT.encode() + b"X\xff y\n")
    p = tables.postmap(f"{kind}:t")
    assert p.out == ""
    assert p.err.splitlines() == [
        "postmap: warning: t, line 4: expected format: key whitespace value",
        'postmap: warning: t, line 5: record is in "key: value" format; is this an alias file?',
        f'postmap: warning: {index}: duplicate entry: "foo"',
        "postmap: warning: t, line 10: unbalanced '\"' in '\"unb val' -- ignoring this line",
        'postmap: warning: t, line 12: non-UTF-8 input "X? y" -- ignoring this line',
    ]
    assert sorted(tables.postmap("-s", f"{kind}:t").out.splitlines()) == [
        '"a b"@ex.com\tv1', "foo\tbar  baz", "key:\tval  more", "é\tÉ"]
    assert tables.postmap("-q", "FOO", f"{kind}:t").out == "bar  baz\n"
    assert tables.postmap("-q", "É", f"{kind}:t").out == "É\n"
    assert tables.postmap("-q", "nope", f"{kind}:t", want=1).out == ""
    assert tables.postmap("-q", "-", f"{kind}:t", stdin="foo\nnope\nKEY:\n").out == "foo\tbar  baz\nKEY:\tval  more\n"
    assert tables.postmap("-q", "-", f"{kind}:t", stdin="nope\n", want=1).out == ""


@pytest.mark.parametrize("kind,index", INDEXES)
def test_increment_and_delete(tables, kind, index):
    tables.write("t", "foo bar\n")
    tables.postmap(f"{kind}:t")
    p = tables.postmap("-i", f"{kind}:t", stdin="new value\nfoo xx\n")
    assert p.err == f'postmap: warning: {index}: duplicate entry: "foo"\n'
    assert sorted(tables.postmap("-s", f"{kind}:t").out.splitlines()) == ["foo\tbar", "new\tvalue"]
    assert tables.postmap("-ir", f"{kind}:t", stdin="foo xx\n").err == ""
    assert tables.postmap("-q", "foo", f"{kind}:t").out == "xx\n"
    assert tables.postmap("-iw", f"{kind}:t", stdin="foo yy\n").err == ""
    assert tables.postmap("-q", "foo", f"{kind}:t").out == "xx\n"
    tables.postmap("-d", "NEW", f"{kind}:t")
    tables.postmap("-d", "new", f"{kind}:t", want=1)
    tables.postmap("-d", "-", f"{kind}:t", stdin="foo\nzz\n")
    assert tables.postmap("-s", f"{kind}:t").out == ""
    tables.postmap("-i", f"{kind}:fresh", stdin="a b\n")
    assert tables.postmap("-q", "a", f"{kind}:fresh").out == "b\n"
    assert not list(tables.dir.glob("*.tmp"))


USAGE = "postmap: fatal: usage: postmap [-bfFhijmnNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...\n"


@pytest.mark.parametrize("args,text", [
    (["nosuch:t"], "postmap: fatal: unsupported dictionary type: nosuch (postconf -m lists the supported ones)\n"),
    (["hash:missing"], "postmap: fatal: open missing: No such file or directory\n"),
    (["-q", "x", "hash:missing"], "postmap: fatal: open database missing.db: No such file or directory\n"),
    (["-q", "x", "lmdb:missing"], "postmap: fatal: open database missing.lmdb: No such file or directory\n"),
    (["-d", "x", "hash:missing"], "postmap: fatal: open database missing.db: No such file or directory\n"),
    (["-d", "x", "texthash:t"], "postmap: fatal: texthash:t map requires O_RDONLY access mode\n"),
    (["regexp:t"], "postmap: fatal: unsupported dictionary type: regexp does not support bulk-mode creation.\n"),
    (["-s", "static:x"], "postmap: fatal: table static:x: sequence operation is not supported\n"),
    (["-s", "-q", "x", "hash:t"], "postmap: fatal: specify only one of -s -q or -d\n"),
    (["-h", "-q", "x", "hash:t"], 'postmap: fatal: specify -b -h or -m only with "-q -"\n'),
    (["-b", "hash:t"], 'postmap: fatal: specify -b -h or -m only with "-q -"\n'),
    ([], USAGE),
    (["-z"], "postmap: invalid option -- 'z'\n" + USAGE),
    (["-q", "x", "fail:y"],
     "postmap: fatal: table fail:y: query error: every look-up in a table of this type fails\n"),
])
def test_errors(tables, args, text):
    tables.write("t", "a b\n")
    assert tables.postmap(*args, want=1).err == text


def test_first_table_answers(tables):
    assert tables.postmap("-q", "a", "inline:{b=1}", "inline:{a=2}", "static:3").out == "2\n"


def test_case_and_characters(tables):
    tables.write("t", "Foo bar\n")
    tables.postmap("-f", "hash:t")
    tables.postmap("-q", "Foo", "hash:t", want=1)
    assert tables.postmap("-fq", "Foo", "hash:t").out == "bar\n"
    tables.write("b", b"x\xff y\n")
    assert tables.postmap("-u", "hash:b").err == ""
    assert "non-UTF-8" in tables.postmap("-U", "hash:b").err
    tables.write("etc/main.cf", "smtputf8_enable = no\n")
    assert tables.postmap("hash:b").err == ""


def test_default_type(tables):
    tables.write("t", "a b\n")
    tables.postmap("t")
    assert (tables.dir / "t.db").exists()
    tables.write("etc/main.cf", "default_database_type = lmdb\n")
    tables.postmap("t")
    assert (tables.dir / "t.lmdb").exists()
    assert tables.postmap("-q", "a", "t").out == "b\n"


def test_json(tables):
    tables.write("t", 'k "v\\\n')
    tables.postmap("hash:t")
    assert json.loads(tables.postmap("-js", "hash:t").out) == {"k": '"v\\'}
    assert tables.postmap("-jq", "k", "hash:t").out == '{"k": "\\"v\\\\"}\n'
    assert tables.postmap("-jq", "-", "hash:t", stdin="k\n").out == '{"k": "\\"v\\\\"}\n'


def test_file_values(tables):
    tables.write("one", "first\n")
    tables.write("two", b"second\x00\n")
    tables.write("t", "host one, two\nother missing\n")
    assert tables.postmap("-F", "hash:t").err == (
        "postmap: warning: t, line 2: open missing: No such file or directory: skipping this entry\n")
    assert tables.postmap("-q", "host", "hash:t").out == "Zmlyc3QKc2Vjb25kAAo=\n"
    assert tables.postmap("-Fq", "host", "hash:t").stdout == b"first\nsecond\x00\n\n"
    assert tables.postmap("-Fq", "host", "texthash:t").stdout == b"first\nsecond\x00\n\n"


def test_final_nul(tables):
    tables.write("t", "a b\n")
    for option, raw in (("-N", rb"a\00"), ("-n", b"a")):
        tables.postmap(option, "hash:t")
        assert tables.postmap("-q", "a", "hash:t").out == "b\n"
        if shutil.which("db5.3_dump"):
            dump = subprocess.run(["db5.3_dump", "-p", "t.db"], cwd=tables.dir, capture_output=True, check=True).stdout
            assert b"\n " + raw + b"\n" in dump


def test_mode_and_owner(tables):
    tables.write("t", "a b\n")
    (tables.dir / "t").chmod(0o640)
    tables.postmap("hash:t")
    assert (tables.dir / "t.db").stat().st_mode & 0o777 == 0o640
    (tables.dir / "t.db").chmod(0o600)
    tables.postmap("hash:t")                    # an existing index keeps its mode
    assert (tables.dir / "t.db").stat().st_mode & 0o777 == 0o600
    tables.postmap("-p", "lmdb:t")
    assert (tables.dir / "t.lmdb").stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_becomes_the_owner_of_the_source(tables):
    user = pwd.getpwnam("games")
    tables.write("t", "a b\n")
    os.chown(tables.dir / "t", user.pw_uid, user.pw_gid)
    assert "Permission denied" in tables.postmap("hash:t", want=1).err
    os.chown(tables.dir, user.pw_uid, user.pw_gid)
    tables.postmap("hash:t")
    st = (tables.dir / "t.db").stat()
    assert (st.st_uid, st.st_gid) == (user.pw_uid, user.pw_gid)
    (tables.dir / "t.db").unlink()
    tables.postmap("-o", "hash:t")
    assert (tables.dir / "t.db").stat().st_uid == 0
    os.chown(tables.dir / "t", 0, 0)
    assert tables.postmap("-o", "hash:t").err == (
        f"postmap: warning: file t is owned by root, but its directory . is owned by user ID {user.pw_uid}\n")


def test_old_index_is_reported(tables):
    tables.write("t", "a b\n")
    tables.postmap("hash:t", "lmdb:t")
    for index in ("t.db", "t.lmdb"):
        os.utime(tables.dir / index, (1000, 1000))
    os.utime(tables.dir / "t", (2000, 2000))
    for kind, index in (("hash", "t.db"), ("lmdb", "t.lmdb")):
        p = tables.postmap("-q", "a", f"{kind}:t")
        assert (p.out, p.err) == ("b\n", f"postmap: warning: database {index} is older than source file t\n")


@pytest.mark.parametrize("kind", ["hash", "lmdb"])
def test_readers_never_miss_while_it_is_rebuilt(tables, kind):
    tables.write("t", "".join(f"key{i} value{i}\n" for i in range(3000)))
    tables.postmap(f"{kind}:t")
    tables.environment["ASAN_OPTIONS"] = "detect_leaks=0"       # more of them in the same time
    stop = threading.Event()

    def rebuild():
        while not stop.is_set():
            tables.postmap(f"{kind}:t")

    writers = [threading.Thread(target=rebuild) for _ in range(2)]
    for w in writers:
        w.start()
    try:
        for i in range(0, 3000, 150):
            assert tables.postmap("-q", f"key{i}", f"{kind}:t").out == f"value{i}\n"
    finally:
        stop.set()
        for w in writers:
            w.join()


def test_big_lmdb_grows(tables):
    tables.write("etc/main.cf", "lmdb_map_size = 65536\n")
    tables.write("t", "".join(f"key{i} {'v' * 300}{i}\n" for i in range(20000)))
    tables.postmap("lmdb:t")
    assert len(tables.postmap("-s", "lmdb:t").out.splitlines()) == 20000
    assert tables.postmap("-q", "key19999", "lmdb:t").out.endswith("v19999\n")


MESSAGE = """\
From: a
Subject: fooXb
 folded
To: b
Content-Type: multipart/mixed; boundary=q

body fooXb
--q
Subject: fooPart

inner foo
--q--
"""
CHECKS = "regexp:{{/^subject:.*foo/ SUB},{/foo/ BODY}}"


@pytest.mark.parametrize("option,want", [
    ("-h", "Subject: fooXb\n folded\tSUB\n"),
    ("-b", "body fooXb\tBODY\nSubject: fooPart\tSUB\ninner foo\tBODY\n"),
    ("-hm", "Subject: fooXb\n folded\tSUB\nSubject: fooPart\tSUB\n"),
    ("-hbm", "Subject: fooXb\n folded\tSUB\nbody fooXb\tBODY\nSubject: fooPart\tSUB\ninner foo\tBODY\n"),
])
def test_message(tables, option, want):
    assert tables.postmap(option, "-q", "-", CHECKS, stdin=MESSAGE).out == want


ALIASES = """\
root: "|/bin/cmd arg" , Joe@Example.com  (comment)
"q u": x
a@b: c
noval:
bad
list: :include:/etc/foo, a,b
  , c
root: dup
"""


def test_postalias(tables):
    tables.write("al", ALIASES)
    p = tables.run("postalias", "hash:al")
    assert p.err.splitlines() == [
        "postalias: warning: al, line 3: name must be local",
        "postalias: warning: al, line 4: need name:value pair",
        "postalias: warning: al, line 5: need name:value pair",
        'postalias: warning: al.db: duplicate entry: "root"',
    ]
    assert sorted(tables.run("postalias", "-s", "hash:al").out.splitlines()) == [
        '"q u":\tx', "@:\t@", "list:\t:include:/etc/foo, a, b, c", 'root:\t"|/bin/cmd arg", Joe@Example.com (comment)']
    assert tables.run("postalias", "-q", "ROOT", "hash:al").out == '"|/bin/cmd arg", Joe@Example.com (comment)\n'
    tables.run("postalias", "-i", "hash:al", stdin="new: address\n")
    assert tables.run("postalias", "-q", "new", "hash:al").out == "address\n"
    tables.run("postalias", "-d", "new", "hash:al")
    assert tables.run("postalias", "-h", want=1).err.startswith("postalias: invalid option -- 'h'\npostalias: fatal: usage: ")


def flip(data, chance, count):
    """The same bytes with some of them changed."""
    changed = bytearray(data)
    for _ in range(count):
        changed[chance.randrange(len(changed))] = chance.choice((0, 1, 0xff, chance.randrange(256)))
    return changed


@pytest.mark.parametrize("kind, index", INDEXES)
def test_damaged_index_is_an_error_and_no_more(tables, kind, index):
    """Whatever bytes change, a look-up or a change gives a result or an error: it never ends by a signal."""
    tables.write("t", "".join(f"key{i} {'v' * (i % 50 * 120)}{i}\n" for i in range(200)))
    tables.postmap(f"{kind}:t")
    whole = (tables.dir / index).read_bytes()
    chance, errors = random.Random(1), set()
    for number in range(40):
        tables.environment["ASAN_OPTIONS"] = f"detect_leaks={int(number < 8)}"          # the search for leaks takes longer than the rest
        tables.write(index, flip(whole, chance, 400) if number % 3 else whole[:chance.randrange(len(whole))])
        for args in (["-q", "-"], ["-s"], *((["-d", "key7"], ["-i"]) if number < 8 else ())):
            p = tables.postmap(*args, f"{kind}:t", stdin="".join(f"key{i} x\n" if args == ["-i"] else f"key{i}\n" for i in range(200)), want=None)
            assert p.returncode in (0, 1), p.err
            errors.update(re.findall(r"fatal: (.*)", p.err))
    assert any("is damaged (make the table again)" in e for e in errors), errors
    assert any("the end of the file is missing" in e or "the file ends" in e for e in errors), errors


@pytest.mark.parametrize("kind,text", [
    ("hash", "open database t.db: it is a btree table, not a hash table"),
    ("btree", "open database u.db: not a Berkeley DB btree file"),
])
def test_wrong_index(tables, kind, text):
    tables.write("t", "a b\n")
    tables.postmap("btree:t")
    tables.write("u.db", b"x" * 1000)
    p = tables.postmap("-q", "a", f"{kind}:{text.split()[2][0]}", want=1)
    assert p.err == f"postmap: fatal: {text}\n"


def test_readers_need_no_library_of_indexes():
    """These trust the files they read: only those who change tables have them."""
    programs = [*(prefix() / "libexec" / "carteiro").iterdir(), *(prefix() / "sbin").iterdir()]
    linked = {path.name: subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout for path in programs}
    for library in ("libdb-5", "liblmdb"):
        assert {name for name, libraries in linked.items() if library in libraries} == {"postmap", "postalias", "proxymap"}
