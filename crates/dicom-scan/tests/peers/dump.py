"""What pydicom reads in each file given, and in all below directories given: one line of JSON a file, for tests/peers.rs.

{"path": ..., "elements": [[tag, vr or null, length or -1 for undefined, depth, text or null], ...]} or {"path": ..., "error": ...}
"""
import json, os, sys, warnings

import pydicom
import pydicom.datadict
from pydicom import config
from pydicom.dataelem import RawDataElement

warnings.simplefilter("ignore")
config.convert_wrong_length_to_UN = True
config.settings.reading_validation_mode = config.IGNORE
TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def walk(data_set, depth, into):
    for tag in data_set._dict.keys():
        raw = data_set._dict[tag]
        if isinstance(raw, RawDataElement):
            vr, length = raw.VR, raw.length
            sized = -1 if length == 0xFFFFFFFF else length
        else:
            # Sequences of undefined length come parsed, UN turned into SQ; of values that pydicom needed itself the
            # length is gone (-2).
            vr, sized = None, -1 if raw.VR == "SQ" else -2
        into.append(row := [int(tag), vr, sized, depth, None])
        if isinstance(raw, RawDataElement) and vr in TEXT:
            try:
                value = data_set[tag].value
                parts = [] if value is None else [value] if isinstance(value, str) or not isinstance(value, pydicom.multival.MultiValue) else list(value)
                row[4] = "\\".join(str(part) for part in parts)
            except Exception:
                pass
        is_sequence = (not isinstance(raw, RawDataElement) and raw.VR == "SQ") or vr == "SQ" or (
            isinstance(raw, RawDataElement) and vr is None and pydicom.datadict.dictionary_has_tag(tag) and pydicom.datadict.dictionary_VR(tag) == "SQ")
        if is_sequence:
            for item in data_set[tag].value or []:
                into.append([0xFFFEE000, None, -2, depth + 1, None])
                walk(item, depth + 2, into)


def files(paths):
    for path in paths:
        if os.path.isdir(path):
            for at, _, names in sorted(os.walk(path)):
                yield from (os.path.join(at, name) for name in sorted(names))
        else:
            yield path


def main():
    for path in files(sys.argv[1:]):
        try:
            elements = []
            walk(pydicom.dcmread(path, force=True), 0, elements)
            print(json.dumps({"path": path, "elements": elements}))
        except Exception as error:
            print(json.dumps({"path": path, "error": f"{type(error).__name__}: {error}"}))


main()
