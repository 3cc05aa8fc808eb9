"""Prints a line of the table of bench/deidentify: what a result has left of the study's first slice. Needs pydicom."""

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
    study, out, name, images, user, system, memory = sys.argv[1:]
    cpu = float(user) + float(system)
    line = [name, f"{int(images) / cpu:,.0f}" if cpu else "-", f"{int(memory) // 1024} MB"]
    results = sorted(path for path in pathlib.Path(out).rglob("*") if path.is_file() and path.stat().st_size > 100_000)
    if not results:
        line += ["nothing written"] * 3
    else:
        before = pydicom.dcmread(sorted(pathlib.Path(study).glob("*.dcm"))[0], stop_before_pixels=True)
        after = pydicom.dcmread(results[0], stop_before_pixels=True, force=True)
        line += [str(kept(before, after)), str(kept(inside(before), inside(after)))]
        line += ["there" if "nnabell" in str(after.get(0x00181160, "")) else "gone"]
        if len(results) != int(images):
            line[0] += f" ({len(results)} results)"
    print("| " + " | ".join(line) + " |", flush=True)


main()
