"""Reads what the stand-in of the demo answered, as it arrived at the archive; an assertion says what is wrong.

Argument: the directory of the demo. Needs highdicom.
"""

import sys
from pathlib import Path

import highdicom
import numpy
import pydicom

into = Path(sys.argv[1])
segmentation = highdicom.seg.segread(into / "segmentation.dcm")
assert segmentation.PatientName == "Underhill^Mathilda" and "12 Mill" not in str(segmentation)
assert segmentation.segmentation_type == highdicom.seg.SegmentationTypeValues.BINARY
[segment] = segmentation.segment_numbers
described = segmentation.get_segment_description(segment)
assert described.segmented_property_type.meaning == "Nodule", described
assert described.algorithm_identification.name == "bright islands in air", described
assert "stand-in" in segmentation.ContentDescription.lower(), segmentation.ContentDescription

# The images that it was made of are those of the scanner, in its numbers, and each frame lies where its image does.
sources = segmentation.get_source_image_uids()
images = [instance for _, _, instance in sources]
assert len(set(images)) == 7 and all(uid.startswith("1.2.826.0.1.3680043.9.7700.20261.") for uid in images), images
pixels = segmentation.get_pixels_by_source_instance(images, segment_numbers=[segment])
assert pixels.shape == (7, 128, 128, 1), pixels.shape
for uid, mask in zip(images, pixels[..., 0]):
    rows, columns = numpy.nonzero(mask)
    number = int(uid.rsplit(".", 1)[1])
    assert abs(rows.mean() - 58) < 1 and abs(columns.mean() - 86) < 1 and abs(number - 12) <= 3, (uid, rows, columns)
volume = segmentation.get_volume()
assert volume.spatial_shape == (7, 128, 128) and numpy.allclose(volume.spacing, 2.5), volume.geometry

# highdicom reads no Basic Text SR.
report = pydicom.dcmread(into / "report.dcm")
[evidence] = report.CurrentRequestedProcedureEvidenceSequence
referred = {item.ReferencedSOPInstanceUID for series in evidence.ReferencedSeriesSequence for item in series.ReferencedSOPSequence}
assert segmentation.SOPInstanceUID in referred and referred & set(images), referred
[seg_item, finding] = report.ContentSequence
assert seg_item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
assert "not for diagnosis" in finding.TextValue, finding.TextValue
