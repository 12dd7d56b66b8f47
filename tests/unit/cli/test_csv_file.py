import pytest

from nps_cli.directory.csv_file import FileRejected, parse
from nps_core.customers.entries import DirectoryEntry

HEADER = "kind,value,account_id,owner,name\n"


def errors_of(text: str | bytes) -> list[str]:
    with pytest.raises(FileRejected) as caught:
        parse(text.encode() if isinstance(text, str) else text)
    return caught.value.errors


def test_a_good_file__gives_its_entries_in_order() -> None:
    lines = (
        "account,c-1,,Dora@Example.com,Acme Inc\n"
        "email, Ana@Acme.example ,c-1,,\n"
        "domain,ACME.example,c-1,,\n"
        "external_id,u-42,c-1,,\n"
    )
    assert parse((HEADER + lines).encode()) == [
        DirectoryEntry("account", "c-1", "c-1", "dora@example.com", "Acme Inc"),
        DirectoryEntry("email", "ana@acme.example", "c-1"),
        DirectoryEntry("domain", "acme.example", "c-1"),
        DirectoryEntry("external_id", "u-42", "c-1"),
    ]


def test_a_spreadsheet_export__is_read_with_its_mark_and_line_ends() -> None:
    text = "\ufeffvalue, kind ,account_id\r\nu-1,external_id,c-1\r\n\r\n"
    assert parse(text.encode()) == [DirectoryEntry("external_id", "u-1", "c-1")]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("mail,a,c-1,,", "line 2, column kind: must be one of"),
        ("email,nobody,c-1,,", "line 2, column value: not a plain e-mail address"),
        ("email,,c-1,,", "line 2, column value: missing"),
        ("domain,gmail.com,c-1,,", "line 2, column value: a free-mail domain"),
        ("domain,acme,c-1,,", "line 2, column value: not a domain"),
        ("external_id,u-1,,,", "line 2, column account_id: missing"),
        ("external_id,u-1,~unmatched,,", "line 2, column account_id: an account id does not"),
        ("external_id,u-1,c-1,dora@example.com,", "line 2, column owner: belongs to a line of"),
        ("account,c-1,c-2,,", "line 2, column account_id: for kind account"),
        ("account,c-1,,Dora <d@example.com>,", "line 2, column owner: not a plain e-mail"),
        (f"external_id,{'x' * 201},c-1,,", "line 2, column value: longer than 200"),
        ("external_id,u-1,c-1,,,", "line 2, column 6: more cells"),
    ],
)
def test_a_wrong_line__is_named_by_line_and_column(line: str, error: str) -> None:
    found = errors_of(f"{HEADER}{line}\n")
    assert len(found) == 1
    assert found[0].startswith(error)


def test_account__that_begins_with_a_tilde_is_the_one_of_the_answers() -> None:
    lines = "account,~acme,,dora@example.com,\nexternal_id,~u-1,~acme,,\n"
    assert parse((HEADER + lines).encode()) == [
        DirectoryEntry("account", "%7Eacme", "%7Eacme", "dora@example.com"),
        DirectoryEntry("external_id", "~u-1", "%7Eacme"),
    ]


def test_all_errors__are_named_at_once() -> None:
    found = errors_of(f"{HEADER}mail,a,c-1,,\nexternal_id,u-1,c-1,,\ndomain,acme,c-1,,\n")
    assert [error.split(",")[0] for error in found] == ["line 2", "line 4"]


def test_two_lines_that_disagree__are_an_error_and_equal_ones_are_not() -> None:
    same = f"{HEADER}external_id,u-1,c-1,,\nexternal_id,u-1,c-1,,\n"
    assert len(parse(same.encode())) == 1
    found = errors_of(f"{same}external_id,u-1,c-2,,\n")
    assert found == ["line 4, column value: line 2 has other values for the same external_id"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "line 1, column kind: missing"),
        ("kind\n", "line 1, column value: missing"),
        ("kind,value,acount\n", "line 1, column 'acount': unknown"),
        ('kind,value\nemail,"a', "line 2, unexpected end of data"),
        (b"kind,value\nemail,\xe4\n", "line 2: not UTF-8"),
    ],
)
def test_a_file_that_is_no_directory__is_refused(text: str | bytes, error: str) -> None:
    assert errors_of(text)[0].startswith(error)
