"""left_over.py STUDY OUT: what a result has left of the study's first slice, for bench/deidentify. Needs pydicom."""

import pathlib
import sys
import warnings

import pydicom

warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
TABLE = pathlib.Path(__file__).parent.parent / "crates/deid/data/ps315_table_e1_1.txt"
AROUND = 0x00189346
# What the study has of the rows that stand for many tags.
MANY = {"50XXXXXX": 0x50001000, "60XX3000": 0x60003000, "60XX4000": 0x60004000, "ODDGROUP": 0x00091001}


def tags():
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    return [MANY.get(line[:8]) or int(line[:8], 16) for line in lines]


def said(data_set, tag):
    """The value; of a sequence, all text inside."""
    if data_set is None or tag not in data_set:
        return ""
    element = data_set[tag]
    if element.VR == "SQ":
        return "".join(str(inner.value) for item in element.value for inner in item)
    return str(element.value).strip("\0 ")


def kept(before, after):
    return sum(said(before, tag) != "" and said(before, tag) == said(after, tag) for tag in tags())


def inside(data_set):
    return data_set[AROUND].value[0] if AROUND in data_set and data_set[AROUND].value else None


def main():
    study, out = sys.argv[1:]
    images = sorted(pathlib.Path(study).glob("*.dcm"))
    results = sorted(path for path in pathlib.Path(out).rglob("*") if path.is_file() and path.stat().st_size > 100_000)
    if not results:
        return print("nothing written | | ")
    before = pydicom.dcmread(images[0], stop_before_pixels=True)
    after = pydicom.dcmread(results[0], stop_before_pixels=True, force=True)
    name = "there" if "nnabell" in str(after.get(0x00181160, "")) else "gone"
    missing = "" if len(results) == len(images) else f", {len(results)} results"
    print(f"{kept(before, after)} | {kept(inside(before), inside(after))} | {name}{missing}")


main()
