"""Makes the results of an AI on a pseudonymised image: segmentation, secondary capture, presentation state, structured report.

Arguments: the image, a directory for the results. Needs highdicom.
"""

import sys
import warnings

import highdicom
import numpy
import pydicom
from pydicom.sr.codedict import codes

warnings.simplefilter("ignore")
source = pydicom.dcmread(sys.argv[1])
for keyword in ("PatientBirthDate", "AccessionNumber", "StudyID", "StudyTime", "PatientSex"):
    if keyword not in source:
        setattr(source, keyword, "")


def own(number):
    return {
        "series_instance_uid": highdicom.UID(),
        "series_number": number,
        "sop_instance_uid": highdicom.UID(),
        "instance_number": 1,
        "manufacturer": "ACME",
    }


device = {"manufacturer_model_name": "Reader", "software_versions": "1", "device_serial_number": "1"}
mask = numpy.zeros((1, source.Rows, source.Columns), dtype=numpy.uint8)
mask[0, 10:20, 10:20] = 1
algorithm = highdicom.AlgorithmIdentificationSequence("reader", codes.DCM.ArtificialIntelligence, "1")
segment = highdicom.seg.SegmentDescription(
    1,
    "nodule",
    codes.SCT.Tissue,
    codes.SCT.Tissue,
    highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
    algorithm,
)
outline = highdicom.sr.ImageRegion(
    graphic_type=highdicom.sr.GraphicTypeValues.POLYLINE,
    graphic_data=numpy.array([[1.0, 1.0], [2.0, 2.0], [3.0, 1.0], [1.0, 1.0]]),
    source_image=highdicom.sr.SourceImageForRegion(source.SOPClassUID, source.SOPInstanceUID),
)
finding = highdicom.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
    tracking_identifier=highdicom.sr.TrackingIdentifier(highdicom.UID(), "nodule 1"), referenced_region=outline
)
observer = highdicom.sr.ObserverContext(
    observer_type=codes.DCM.Device,
    observer_identifying_attributes=highdicom.sr.DeviceObserverIdentifyingAttributes(uid=highdicom.UID()),
)
measured = highdicom.sr.MeasurementReport(
    observation_context=highdicom.sr.ObservationContext(observer_device_context=observer),
    procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
    imaging_measurements=[finding],
)
results = {
    "seg": highdicom.seg.Segmentation(
        [source], mask, highdicom.seg.SegmentationTypeValues.BINARY, [segment], **own(101), **device
    ),
    "sc": highdicom.sc.SCImage.from_ref_dataset(
        source,
        numpy.zeros((64, 64, 3), dtype=numpy.uint8),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P"),
        **own(102),
    ),
    "pr": highdicom.pr.GrayscaleSoftcopyPresentationState([source], content_label="PR", **own(103), **device),
    "sr": highdicom.sr.Comprehensive3DSR(
        evidence=[source], content=measured, is_complete=True, is_verified=False, **own(104)
    ),
}
for name, result in results.items():
    result.save_as(f"{sys.argv[2]}/{name}.dcm")
