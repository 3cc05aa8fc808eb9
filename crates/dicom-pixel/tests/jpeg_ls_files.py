"""Writes images compressed with JPEG-LS by CharLS into a directory: grey and colour, each interleaving, depth and loss.

Needs pydicom, numpy and pyjpegls. The images have flat parts, edges and noise, so that runs, their ends and all contexts come up.
"""

import itertools
import sys
import warnings

import jpeg_ls
import numpy
import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

warnings.simplefilter("ignore")
ROWS, COLUMNS = 61, 83
random = numpy.random.default_rng(4)


def image(samples, bits):
    most = (1 << bits) - 1
    rows, columns = numpy.mgrid[0:ROWS, 0:COLUMNS]
    planes = []
    for plane in range(samples):
        values = (rows * 3 + columns * (plane + 1)) * most // 400
        values[10:30, 20:60] = most // 3
        values[40:, :] = 0
        values[:, 70:] = random.integers(0, most, (ROWS, COLUMNS - 70), endpoint=True)
        values[45:55, 5:30] += random.integers(0, max(most // 64, 1), (10, 25), endpoint=True)
        planes.append(values)
    return numpy.stack(planes, axis=-1).clip(0, most).astype("<u2" if bits > 8 else "u1")


for samples, bits, near, interleave in itertools.product((1, 3), (2, 7, 8, 12, 16), (0, 1, 3), (0, 1, 2)):
    if samples == 1 and interleave or bits == 2 and near > 1 or samples == 3 and bits > 8:
        continue
    pixels = image(samples, bits)
    given = pixels if interleave else pixels.transpose(2, 0, 1)
    stream = bytes(
        jpeg_ls.encode_buffer(
            numpy.ascontiguousarray(given).tobytes(), ROWS, COLUMNS, samples, bits, near, interleave
        )
    )
    data_set = pydicom.Dataset()
    data_set.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    data_set.SOPInstanceUID = pydicom.uid.generate_uid()
    data_set.Rows, data_set.Columns, data_set.SamplesPerPixel = ROWS, COLUMNS, samples
    data_set.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        data_set.PlanarConfiguration = 0
    data_set.BitsAllocated = 16 if bits > 8 else 8
    data_set.BitsStored, data_set.HighBit, data_set.PixelRepresentation = bits, bits - 1, 0
    data_set.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    data_set["PixelData"].VR = "OB"
    data_set.file_meta = FileMetaDataset()
    syntax = pydicom.uid.JPEGLSNearLossless if near else pydicom.uid.JPEGLSLossless
    data_set.file_meta.TransferSyntaxUID = syntax
    data_set.save_as(f"{sys.argv[1]}/{samples}-{bits}-{near}-{interleave}.dcm", enforce_file_format=True)
