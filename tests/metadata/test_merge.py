from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metadata.photos import PACKET
from tui_tagger.geometry import Box
from tui_tagger.metadata import merge, mergecheck
from tui_tagger.metadata.packet import DC, parse, texts_of
from tui_tagger.metadata.people import Item, applied_dimensions, clean_name, items_in, wanted_items
from tui_tagger.metadata.regions import Frame, NamedRegion
from tui_tagger.metadata.splice import Refused

FRAME = Frame(4000, 3000, 6)
ANNA = NamedRegion("Anna", Box(100, 200, 500, 600))

names = st.text(max_size=20).filter(lambda name: bool(clean_name(name)))
boxes = st.none() | st.builds(Box, *(st.floats(0, 1400) for _ in range(2)), *(st.floats(50, 1500) for _ in range(2)))
people = st.lists(
    st.builds(NamedRegion, names, boxes), min_size=1, max_size=5, unique_by=lambda each: clean_name(each.name)
)


def added(packet: bytes, *regions: NamedRegion) -> tuple[bytes, list[Item]]:
    present = items_in(parse(packet))
    missing = [item for item in wanted_items(regions, FRAME) if not any(item.means(each) for each in present)]
    missing = [item for item in missing if item.field != "last_keyword"]
    changed = merge.change(packet, missing, [], FRAME)
    mergecheck.check(packet, changed, missing, [])
    return changed, missing


@given(people)
@settings(max_examples=150, deadline=None)
def test_what_was_added_is_read_back_and_can_be_taken_out_again(regions: list[NamedRegion]) -> None:
    for packet in (PACKET, merge.new_packet()):
        changed, missing = added(packet, *regions)
        said = items_in(parse(changed))
        assert all(any(item.means(each) for each in said) for item in missing)
        restored = merge.change(changed, [], missing, FRAME)
        mergecheck.check(changed, restored, [], missing)
        assert parse(restored).properties() == parse(packet).properties()


@given(people, people)
@settings(max_examples=80, deadline=None)
def test_adding_in_two_steps_keeps_the_first_and_removing_the_second_restores_it(
    first: list[NamedRegion], second: list[NamedRegion]
) -> None:
    middle, _ = added(PACKET, *first)
    both, missing = added(middle, *second)
    back = merge.change(both, [], missing, FRAME)
    assert parse(back).properties() == parse(middle).properties()


def test_foreign_bytes_stay_where_they_are() -> None:
    changed, _ = added(PACKET, ANNA)
    for piece in (b"<!-- a comment that stays -->", b'x:xmptk="Other"', b"At &lt;sea&gt;", b'xmp:Rating="4"'):
        assert piece in changed
    position = 0
    for line in PACKET.splitlines():  # an insertion only: all old lines are there, in their order
        position = changed.index(line, position)


def test_a_new_entry_is_indented_as_its_neighbour() -> None:
    changed, _ = added(PACKET, NamedRegion("Bob", None))
    assert b"\n     <rdf:li>Anna</rdf:li>\n     <rdf:li>Bob</rdf:li>\n    </rdf:Bag>" in changed


def test_a_name_that_is_there_is_not_doubled() -> None:
    changed, _ = added(PACKET, ANNA)
    assert texts_of(parse(changed).find(DC, "subject")) == ["holiday", "Anna"]
    again, missing = added(changed, NamedRegion("Anna", Box(110, 210, 500, 600)))
    assert missing == []
    assert again == changed


def test_padding_absorbs_the_change() -> None:
    packet = merge.new_packet()
    changed, missing = added(packet, ANNA, NamedRegion("Bob", None))
    assert len(changed) == len(packet)
    assert len(merge.change(changed, [], missing, FRAME)) == len(packet)


def test_dimensions_are_added_to_regions_that_lack_them() -> None:
    changed, _ = added(merge.new_packet(), ANNA)
    start = changed.index(b"<mwg-rs:AppliedToDimensions")
    end = changed.index(b"</mwg-rs:AppliedToDimensions>") + len(b"</mwg-rs:AppliedToDimensions>")
    without = changed[:start] + changed[end:]
    assert applied_dimensions(parse(without)) is None
    again, _ = added(without, NamedRegion("Bob", Box(1500, 1500, 300, 300)))
    assert applied_dimensions(parse(again)) == (4000, 3000)


def test_regions_go_before_an_entry_without_a_rectangle() -> None:
    changed, _ = added(merge.new_packet(), ANNA)
    mark = b"</rdf:li></rdf:Bag></MPRI:Regions>"
    bare = b'</rdf:li><rdf:li rdf:parseType="Resource"><MPReg:PersonDisplayName>Eve</MPReg:PersonDisplayName>'
    again, _ = added(changed.replace(mark, bare + mark), NamedRegion("Bob", Box(1500, 1500, 300, 300)))
    values = [item.value for item in items_in(parse(again)) if item.field == "mp"]
    assert values == ["Anna", "Bob", "Eve"]


def test_a_list_closed_on_itself_is_opened() -> None:
    start, end = PACKET.index(b"<rdf:Bag>"), PACKET.index(b"</rdf:Bag>") + len(b"</rdf:Bag>")
    changed, _ = added(PACKET[:start] + b"<rdf:Bag/>" + PACKET[end:], ANNA)
    assert texts_of(parse(changed).find(DC, "subject")) == ["Anna"]


def test_other_prefixes_are_respected() -> None:
    packet = PACKET.replace(b"rdf:", b"r:").replace(b"xmlns:rdf", b"xmlns:r").replace(b"dc:", b"d:")
    packet = packet.replace(b"xmlns:dc", b"xmlns:d")
    changed, _ = added(packet, ANNA, NamedRegion("Bob", None))
    assert b"<r:li>Bob</r:li>" in changed


@pytest.mark.parametrize("form", [b'dc:subject="Anna"', b"<dc:subject>Anna</dc:subject>"])
def test_a_keyword_list_in_another_form_is_refused(form: bytes) -> None:
    start, end = PACKET.index(b"<dc:subject>"), PACKET.index(b"</dc:subject>") + len(b"</dc:subject>")
    packet = PACKET[:start] + PACKET[end:]
    packet = (
        packet.replace(b'xmp:Rating="4"', form)
        if b"=" in form
        else packet.replace(b"   <dc:title>", form + b"<dc:title>")
    )
    with pytest.raises(Refused, match="not a list"):
        added(packet, NamedRegion("Bob", None))


def test_what_others_wrote_a_second_time_stays() -> None:
    changed, missing = added(PACKET, NamedRegion("Bob", None))
    mark = b"<rdf:li>holiday</rdf:li>"
    doubled = changed.replace(mark, mark + b"<rdf:li>Bob</rdf:li>")
    back = merge.change(doubled, [], missing, FRAME)
    mergecheck.check(doubled, back, [], missing)
    assert texts_of(parse(back).find(DC, "subject")) == ["holiday", "Bob", "Anna"]


def test_an_entry_that_nobody_asked_for_is_noticed() -> None:
    with pytest.raises(Refused, match="nobody asked"):
        mergecheck.check(PACKET, PACKET.replace(b"Anna</rdf:li>", b"Anna</rdf:li><rdf:li>X</rdf:li>"), [], [])
    with pytest.raises(Refused, match="lose entries"):  # another one in place of ours
        mergecheck.check(PACKET, PACKET.replace(b"<rdf:li>holiday</rdf:li>", b""), [], [Item("subject", "Anna")])


def test_a_loss_of_foreign_entries_is_noticed() -> None:
    with pytest.raises(Refused, match="lose entries"):
        mergecheck.check(PACKET, PACKET.replace(b"<rdf:li>holiday</rdf:li>", b""), [], [])
    with pytest.raises(Refused, match="not ours"):
        mergecheck.check(PACKET, PACKET.replace(b'Rating="4"', b'Rating="5"'), [], [])
