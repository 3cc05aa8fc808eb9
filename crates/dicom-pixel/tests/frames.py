"""Writes the stored values of all frames of the files given into the directory given first, and prints a line for each file.

Values are of 64 bits, colours by pixel, colour transforms undone where the codec has one. Files that pydicom cannot decode are
left out.
"""

import json
import os
import sys
import warnings

import pydicom
from pydicom.pixels import pixel_array

warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
out = sys.argv[1]
for path in sys.argv[2:]:
    try:
        dataset = pydicom.dcmread(path)
        syntax = dataset.file_meta.TransferSyntaxUID
        is_rgb = syntax.is_compressed and dataset.get("PhotometricInterpretation", "").startswith("YBR")
        undone = is_rgb and syntax in pydicom.uid.JPEGTransferSyntaxes + pydicom.uid.JPEG2000TransferSyntaxes
        array = pixel_array(dataset, raw=not undone)
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        array = array.reshape((frames, -1))
    except Exception:
        continue
    at = os.path.join(out, str(len(os.listdir(out))))
    array.astype("<i8").tofile(at)
    print(json.dumps({"path": path, "frames": frames, "values": at, "syntax": str(syntax)}))
