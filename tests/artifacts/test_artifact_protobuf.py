"""Bytes of messages, beside those that the format's own documentation and protoc give."""

import pytest

from nncli.artifacts import protobuf


@pytest.mark.parametrize(
    ("written", "hexadecimal"),
    [
        (protobuf.integer(1, 0), "0800"),
        (protobuf.integer(1, 150), "089601"),
        (protobuf.integer(1, -2), "08feffffffffffffffff01"),
        (protobuf.integer(16, 1), "800101"),
        (protobuf.double(1, 1.0), "09000000000000f03f"),
        (protobuf.single(2, 1.0), "150000803f"),
        (protobuf.text(2, "é"), "1202c3a9"),
        (protobuf.data(2, b""), "1200"),
        (protobuf.nested(3, protobuf.integer(1, 150)), "1a03089601"),
        (protobuf.packed_integers(6, [3, 270, 86942]), "3206038e029ea705"),
    ],
)
def test_each_kind_of_field_is_written_as_the_wire_format_says(written, hexadecimal):
    assert written.hex() == hexadecimal


def test_a_length_of_more_than_one_byte():
    assert protobuf.data(1, bytes(300))[:3].hex() == "0aac02"
