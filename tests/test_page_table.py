"""A table of a page is the same in HTML, CSV and LaTeX."""

import io
import math
import re

import pandas as pd

from analysis.reporting.page_table import Column, PageTable

NASTY = 'a_$b <i> & "c"'
TABLE = PageTable(
    [Column("clip"), Column("gain (dB)", "+.1f", is_main=True), Column("seeds"), Column("remark")],
    [[NASTY, 1.2345678, 3, ""], ["b", math.nan, 4, ""], ["b", -0.04, None, ""]],
    num_grouped=1,
)


def test_the_page_shows_rounded_numbers_and_dashes_and_each_name_once():
    cells = re.findall(r"<td[^>]*>(.*?)</td>", TABLE.html())
    assert cells == [
        "a_$b &lt;i&gt; &amp; &#34;c&#34;", "+1.2", "3", "b", "–", "4", "", "+0.0", "–",
    ]  # fmt: skip
    assert re.findall(r'<td class="gain">(.*?)</td>', TABLE.html()) == ["+1.2", "–", "+0.0"]


def test_a_text_column_that_is_empty_is_left_out_of_the_page_alone():
    assert "remark" not in TABLE.html()
    assert "remark" in TABLE.csv().decode()


def test_csv_has_all_digits_and_reads_back():
    table = pd.read_csv(io.BytesIO(TABLE.csv()))
    assert list(table["clip"]) == [NASTY, "b", "b"]
    assert table["gain (dB)"][0] == 1.2345678
    assert math.isnan(table["gain (dB)"][1])


def test_latex_has_what_the_page_shows_without_its_special_characters():
    text = TABLE.latex().decode()
    assert r"a\_\$b <i> \& " in text
    assert "+1.2 & 3" in text
    assert r"\begin{tabular}{lrr}" in text
