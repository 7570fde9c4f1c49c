import os

import pytest

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import format_of, resolve


@pytest.fixture
def project(tmp_path):
    names = ["data/b.csv", "data/a.csv", "data/deep/c.parquet", "data/.hidden.csv", "data/.git/x.csv"]
    for name in [
        *names,
        "data/notes.txt",
        "data/~$open.xlsx",
        "data/d.jsonl.gz",
        "raw.dat",
        "data/e.parquet.gz",
    ]:
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "project"


def names(files):
    return [each.name for each in files]


def test_a_folder_gives_every_known_file_sorted(project):
    found = resolve(project, "data")
    assert names(found) == ["data/a.csv", "data/b.csv", "data/d.jsonl.gz", "data/deep/c.parquet"]
    assert [each.format for each in found] == ["csv", "csv", "jsonl", "parquet"]
    assert [each.gzipped for each in found] == [False, False, True, False]
    assert names(resolve(project, "data", format="csv")) == ["data/a.csv", "data/b.csv"]


def test_a_glob_gives_what_it_matches(project):
    assert names(resolve(project, "data/*.csv")) == ["data/a.csv", "data/b.csv"]
    assert names(resolve(project, "**/*.parquet")) == ["data/deep/c.parquet"]
    assert names(resolve(project, "data/**/[ac].*")) == ["data/a.csv", "data/deep/c.parquet"]


def test_a_name_that_looks_like_a_glob_is_taken_as_it_stands(project):
    (project / "data" / "a[1].csv").write_text("x")
    assert names(resolve(project, "data/a[1].csv")) == ["data/a[1].csv"]


def test_an_absolute_path_is_taken_and_a_relative_one_may_not_leave(project, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text("x")
    assert names(resolve(project, str(outside))) == [outside.as_posix()]
    assert names(resolve(project, str(project / "data" / "a.csv"))) == ["data/a.csv"]
    assert names(resolve(project, "data/../data/a.csv")) == ["data/a.csv"]
    for path in ("../outside.csv", "data/../../*.csv"):
        with pytest.raises(SourceError, match="leads out of the project"):
            resolve(project, path)


def test_links_to_files_are_followed_and_to_folders_not(project, tmp_path):
    (tmp_path / "real.csv").write_text("x")
    (project / "data" / "link.csv").symlink_to(tmp_path / "real.csv")
    (project / "data" / "round").symlink_to(project / "data")
    (project / "data" / "gone.csv").symlink_to(tmp_path / "gone.csv")
    assert names(resolve(project, "data", format="csv")) == ["data/a.csv", "data/b.csv", "data/link.csv"]
    with pytest.raises(SourceError, match="does not exist"):
        resolve(project, "data/gone.csv")


def test_the_keys_change_with_the_content(project):
    (before,) = resolve(project, "data/a.csv")
    assert before.content_hash() == resolve(project, "data/a.csv")[0].content_hash()
    before.check_unchanged()
    (project / "data/a.csv").write_text("other content")
    (after,) = resolve(project, "data/a.csv")
    with pytest.raises(SourceError, match="changed"):
        before.check_unchanged()
    assert len(after.content_hash()) == 32
    assert after.content_hash() != resolve(project, "data/b.csv")[0].content_hash()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("data/A.csv", "did you mean data/a.csv"),
        ("data/b.parquet", "did you mean data/b.csv"),
        ("dat/a.csv", "did you mean data"),
        ("data/zzz.csv", "does not exist"),
        ("nothing/*.csv", "no file matches"),
        ("*", "format"),
        ("dat*", "1 folder and no file"),
        ("raw.dat", "not known from its ending"),
        ("data/e.parquet.gz", "not known from its ending"),
        ("", "no usable path"),
        ("a\0b", "no usable path"),
        ("x" * 5000, "cannot be used"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(project, path, told):
    with pytest.raises(SourceError, match=told):
        resolve(project, path)


def test_a_stated_format_needs_no_ending(project):
    assert [each.format for each in resolve(project, "raw.dat", format="csv")] == ["csv"]


def test_a_folder_without_files_says_where_it_looked(project):
    (project / "empty").mkdir()
    (project / "empty" / "readme.txt").write_text("x")
    with pytest.raises(SourceError, match="1 other file in"):
        resolve(project, "empty")
    with pytest.raises(SourceError, match="format excel"):
        resolve(project, "data", format="excel")


def test_a_delta_table_and_a_pipe_are_no_plain_files(project):
    (project / "data" / "_delta_log").mkdir()
    with pytest.raises(SourceError, match="Delta table"):
        resolve(project, "data")
    os.mkfifo(project / "pipe.csv")
    with pytest.raises(SourceError, match="not a regular file"):
        resolve(project, "pipe.csv")


def test_a_file_removed_in_the_meantime_is_an_error(project):
    (file,) = resolve(project, "data/a.csv")
    file.path.unlink()
    with pytest.raises(SourceError, match="cannot be opened"):
        file.content_hash()
    with pytest.raises(SourceError, match="cannot be opened"):
        file.check_unchanged()


@pytest.mark.parametrize(
    ("name", "known"),
    [("A.CSV", "csv"), ("a.tsv.gz", "csv"), ("a.pq", "parquet"), ("a.xls", None), ("gz", None)],
)
def test_the_ending_tells_the_format(tmp_path, name, known):
    assert format_of(tmp_path / name) == known
