"""Headers of the instances that Limn makes: what all of them say, and each kind's own part.

Nothing in them depends on when or where they are made, so the same file always becomes the same
bytes.
"""

import copy
from dataclasses import dataclass

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.sr.codedict import codes
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    ParametricMapStorage,
    SecondaryCaptureImageStorage,
)
from pydicom.valuerep import format_number_as_ds

from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.model import Pictures, Volume
from backend.imaging.domain.convert.placing import Placing
from backend.imaging.domain.convert.values import Storage
from backend.imaging.domain.header import derived_uid

# Goes into every UID: when conversion changes what it writes, so do the UIDs.
RULES = "1"
# Some instances must bear a date, and the file has none: it is said to be this one.
NO_DATE, NO_TIME = "19700101", "000000"
PARAMETRIC_MAP = ParametricMapStorage


@dataclass(frozen=True)
class Identifiers:
    """UIDs of one converted file, always the same for the same content and facts."""

    seed: str
    study: str

    @classmethod
    def of(cls, content_sha256: str, facts: Facts) -> "Identifiers":
        """Derive them. Files of one patient and study fall together; others stay apart."""
        seed = derived_uid("converted", RULES, content_sha256, facts.digest())
        shared = (facts.patient_id, facts.study_id, facts.study_date, facts.accession)
        study = facts.study_uid or derived_uid(
            "converted study", *(shared if facts.patient_id else (seed,))
        )
        return cls(seed, study)

    @property
    def series(self) -> str:
        """The series that this file becomes."""
        return derived_uid("series", self.seed, self.study)

    @property
    def frame_of_reference(self) -> str:
        """The space that this file's affine leads to."""
        return derived_uid("frame of reference", self.seed)

    def instance(self, *place: int) -> str:
        """Return the UID of an instance by its place in the file."""
        return derived_uid("instance", self.seed, *(str(number) for number in place))


def meta_of(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> FileMetaDataset:
    """Return the file meta information of an instance."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(derived_uid("limn"))
    meta.ImplementationVersionName = "LIMN"
    return meta


def base_of(uids: Identifiers, facts: Facts, said: str) -> Dataset:
    """Return what every instance of a file says; `said` tells what it was made from."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = facts.patient_name, facts.patient_id
    dataset.PatientBirthDate, dataset.PatientSex = facts.birth_date, facts.sex
    if facts.age:
        dataset.PatientAge = facts.age
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uids.study, uids.series
    dataset.StudyDate, dataset.StudyTime = facts.study_date, ""
    dataset.StudyID, dataset.AccessionNumber = facts.study_id, facts.accession
    dataset.ReferringPhysicianName = ""
    # A file of nobody known is a study of its own: its name is all that tells it from others.
    described = facts.study_description or ("" if facts.patient_id else facts.series_description)
    if described:
        dataset.StudyDescription = described
    dataset.Modality = facts.modality or "OT"
    dataset.SeriesNumber = facts.series_number
    dataset.SeriesDescription = facts.series_description
    if facts.body_part:
        dataset.BodyPartExamined = facts.body_part
    if facts.laterality in {"B", "U"}:
        dataset.ImageLaterality = facts.laterality
    else:
        dataset.Laterality = facts.laterality
    dataset.Manufacturer = ""
    dataset.DerivationDescription = said
    for keyword, value in facts.acquisition:
        setattr(dataset, keyword, format_number_as_ds(value) if isinstance(value, float) else value)
    return dataset


def sop_class_of(modality: str, *, is_colour: bool, is_float: bool) -> UID:
    """Return what kind of instance the slices of a volume become."""
    if is_float:
        return PARAMETRIC_MAP
    known = {"CT": CTImageStorage, "MR": MRImageStorage}
    return (
        SecondaryCaptureImageStorage
        if is_colour
        else known.get(modality, SecondaryCaptureImageStorage)
    )


def slice_base(
    base: Dataset, uids: Identifiers, volume: Volume, storage: Storage, placing: Placing | None
) -> Dataset:
    """Return what all slices of a volume share, as single instances each."""
    dataset = copy.deepcopy(base)
    dataset.SOPClassUID = sop_class_of(
        str(base.Modality), is_colour=volume.is_colour, is_float=False
    )
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    _add_pixel_module(dataset, volume, storage)
    _add_place(dataset, uids, volume, placing)
    if dataset.SOPClassUID == CTImageStorage:
        _add_ct(dataset)
    elif dataset.SOPClassUID == MRImageStorage:
        _add_mr(dataset, volume)
    else:
        dataset.ConversionType = "WSD"
    return dataset


def _add_pixel_module(dataset: Dataset, volume: Volume, storage: Storage) -> None:
    dataset.Rows, dataset.Columns = volume.voxels.shape[2:4]
    dataset.SamplesPerPixel = 3 if volume.is_colour else 1
    dataset.PhotometricInterpretation = "RGB" if volume.is_colour else "MONOCHROME2"
    if volume.is_colour:
        dataset.PlanarConfiguration = 0
    bits = 8 * storage.kind.itemsize
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(storage.kind.kind == "i")
    if not volume.is_colour:
        dataset.RescaleSlope = format_number_as_ds(storage.slope)
        dataset.RescaleIntercept = format_number_as_ds(storage.intercept)
        dataset.RescaleType = "HU" if dataset.Modality == "CT" else "US"
        centre, width = storage.window
        dataset.WindowCenter = format_number_as_ds(centre)
        dataset.WindowWidth = format_number_as_ds(width)
        dataset.VOILUTFunction = "LINEAR_EXACT"


def _add_place(
    dataset: Dataset, uids: Identifiers, volume: Volume, placing: Placing | None
) -> None:
    dataset.InstanceNumber = 1
    dataset.PatientOrientation = None
    if placing is None:
        if volume.pixel_spacing_mm is not None:
            dataset.PixelSpacing = [format_number_as_ds(mm) for mm in volume.pixel_spacing_mm]
        return
    dataset.FrameOfReferenceUID = uids.frame_of_reference
    dataset.PositionReferenceIndicator = ""
    dataset.PixelSpacing = placing.pixel_spacing
    dataset.ImageOrientationPatient = placing.orientation
    dataset.ImagePositionPatient = placing.position(0)
    dataset.SliceThickness = format_number_as_ds(placing.between_slices)
    if volume.voxels.shape[0] > 1:
        dataset.NumberOfTemporalPositions = volume.voxels.shape[0]
        if volume.time_step_s is not None:
            dataset.TemporalResolution = format_number_as_ds(volume.time_step_s * 1000)


def _add_ct(dataset: Dataset) -> None:
    dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    dataset.AcquisitionNumber, dataset.PatientPosition = None, ""
    if "KVP" not in dataset:
        dataset.KVP = None


def _add_mr(dataset: Dataset, volume: Volume) -> None:
    dataset.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    dataset.ScanningSequence, dataset.SequenceVariant = "RM", "NONE"
    dataset.ScanOptions, dataset.MRAcquisitionType, dataset.PatientPosition = "", "", ""
    for keyword in ("RepetitionTime", "EchoTime", "EchoTrainLength"):
        setattr(dataset, keyword, None)
    if volume.time_step_s is not None:
        dataset.RepetitionTime = format_number_as_ds(volume.time_step_s * 1000)


def add_slice(
    shared: Dataset, uids: Identifiers, placing: Placing | None, t: int, k: int, slices: int
) -> Dataset:
    """Return the header of one slice; it shares all other elements with its siblings."""
    dataset = copy.copy(shared)
    dataset.SOPInstanceUID = uids.instance(t, k)
    dataset.InstanceNumber = t * slices + k + 1
    if placing is not None:
        dataset.ImagePositionPatient = placing.position(k)
    if "NumberOfTemporalPositions" in shared:
        dataset.TemporalPositionIdentifier = t + 1
    return dataset


def map_of(
    base: Dataset,
    uids: Identifiers,
    volume: Volume,
    storage: Storage,
    placing: Placing | None,
    t: int,
) -> Dataset:
    """Return a parametric map: one time point of a volume as floating point frames."""
    dataset = copy.deepcopy(base)
    slices = int(volume.voxels.shape[1])
    dataset.SOPClassUID, dataset.SOPInstanceUID = PARAMETRIC_MAP, uids.instance(t)
    dataset.ImageType = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    dataset.InstanceNumber, dataset.NumberOfFrames = t + 1, slices
    dataset.Rows, dataset.Columns = volume.voxels.shape[2:4]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = 8 * storage.kind.itemsize
    dataset.ContentDate, dataset.ContentTime = str(base.StudyDate) or NO_DATE, NO_TIME
    dataset.ContentLabel, dataset.ContentDescription = "CONVERTED", None
    dataset.ContentCreatorName = None
    dataset.RecognizableVisualFeatures, dataset.ContentQualification = "YES", "RESEARCH"
    dataset.BurnedInAnnotation, dataset.LossyImageCompression = "NO", "00"
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.AcquisitionContextSequence = Items([])
    dataset.Manufacturer = dataset.Manufacturer or "Limn"
    dataset.ManufacturerModelName = dataset.get("ManufacturerModelName") or "Limn"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "1", RULES
    dataset.SeriesNumber = 1 if base.SeriesNumber is None else base.SeriesNumber
    _add_dimensions(dataset, uids)
    dataset.SharedFunctionalGroupsSequence = Items([_shared_groups(volume, storage, placing)])
    dataset.PerFrameFunctionalGroupsSequence = Items(
        [_frame_groups(placing, t, k, volume) for k in range(slices)]
    )
    if placing is not None:
        dataset.FrameOfReferenceUID = uids.frame_of_reference
        dataset.PositionReferenceIndicator = ""
    return dataset


def _add_dimensions(dataset: Dataset, uids: Identifiers) -> None:
    organization = Dataset()
    organization.DimensionOrganizationUID = uids.instance(0, 0, 0)
    index = Dataset()
    index.DimensionOrganizationUID = organization.DimensionOrganizationUID
    index.DimensionIndexPointer = 0x00209057  # In-Stack Position Number
    index.FunctionalGroupPointer = 0x00209111
    dataset.DimensionOrganizationSequence = Items([organization])
    dataset.DimensionIndexSequence = Items([index])


def _shared_groups(volume: Volume, storage: Storage, placing: Placing | None) -> Dataset:
    measures, kind, voi = Dataset(), Dataset(), Dataset()
    if placing is not None:
        measures.PixelSpacing = placing.pixel_spacing
        measures.SliceThickness = format_number_as_ds(placing.between_slices)
        measures.SpacingBetweenSlices = measures.SliceThickness
    elif volume.pixel_spacing_mm is not None:
        measures.PixelSpacing = [format_number_as_ds(mm) for mm in volume.pixel_spacing_mm]
    kind.FrameType = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    centre, width = storage.window
    voi.WindowCenter, voi.WindowWidth = format_number_as_ds(centre), format_number_as_ds(width)
    voi.VOILUTFunction = "LINEAR_EXACT"
    groups = Dataset()
    groups.PixelMeasuresSequence = Items([measures])
    groups.ParametricMapFrameTypeSequence = Items([kind])
    groups.FrameVOILUTSequence = Items([voi])
    groups.PixelValueTransformationSequence = Items([_identity()])
    groups.RealWorldValueMappingSequence = Items([_real_world(storage)])
    if placing is not None:
        plane = Dataset()
        plane.ImageOrientationPatient = placing.orientation
        groups.PlaneOrientationSequence = Items([plane])
    return groups


def _identity() -> Dataset:
    transform = Dataset()
    transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = "1", "0", "US"
    return transform


def _real_world(storage: Storage) -> Dataset:
    """Say that stored values are the real ones, of a unit that nobody has named."""
    mapping, unit = Dataset(), Dataset()
    mapping.DoubleFloatRealWorldValueFirstValueMapped = storage.low
    mapping.DoubleFloatRealWorldValueLastValueMapped = storage.high
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 1.0, 0.0
    mapping.LUTLabel, mapping.LUTExplanation = "AS_STORED", "Values of the converted file"
    code = codes.UCUM.NoUnits
    unit.CodeValue, unit.CodingSchemeDesignator = code.value, code.scheme_designator
    unit.CodeMeaning = code.meaning
    mapping.MeasurementUnitsCodeSequence = Items([unit])
    return mapping


def _frame_groups(placing: Placing | None, t: int, k: int, volume: Volume) -> Dataset:
    content = Dataset()
    content.StackID, content.InStackPositionNumber = "1", k + 1
    content.DimensionIndexValues = [k + 1]
    if volume.voxels.shape[0] > 1:
        content.TemporalPositionIndex = t + 1
    groups = Dataset()
    groups.FrameContentSequence = Items([content])
    if placing is not None:
        plane = Dataset()
        plane.ImagePositionPatient = placing.position(k)
        groups.PlanePositionSequence = Items([plane])
    return groups


def picture_of(base: Dataset, uids: Identifiers, pictures: Pictures, facts: Facts) -> Dataset:
    """Return the header of a picture, or of several in one instance."""
    dataset = copy.deepcopy(base)
    dataset.SOPClassUID, dataset.SOPInstanceUID = _picture_class(pictures), uids.instance(0)
    dataset.ImageType, dataset.ConversionType = ["DERIVED", "SECONDARY"], "WSD"
    dataset.InstanceNumber, dataset.PatientOrientation = 1, None
    dataset.Rows, dataset.Columns = pictures.rows, pictures.columns
    dataset.SamplesPerPixel = 3 if pictures.is_colour else 1
    grey = "MONOCHROME1" if pictures.is_inverted else "MONOCHROME2"
    colours = "YBR_RCT" if pictures.syntax else "RGB"
    dataset.PhotometricInterpretation = colours if pictures.is_colour else grey
    if pictures.is_colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = pictures.bits
    dataset.HighBit, dataset.PixelRepresentation = pictures.bits - 1, 0
    if pictures.lossy:
        dataset.LossyImageCompression = "01"
        dataset.LossyImageCompressionMethod = pictures.lossy
    if pictures.icc_profile and pictures.is_colour:
        dataset.ICCProfile = pictures.icc_profile
    if facts.pixel_spacing_mm is not None:
        dataset.PixelSpacing = [format_number_as_ds(mm) for mm in facts.pixel_spacing_mm]
    if pictures.count > 1:
        _add_frames(dataset, pictures)
    return dataset


def _picture_class(pictures: Pictures) -> UID:
    if pictures.count == 1:
        return SecondaryCaptureImageStorage
    if pictures.is_colour:
        return MultiFrameTrueColorSecondaryCaptureImageStorage
    if pictures.bits == 8:
        return MultiFrameGrayscaleByteSecondaryCaptureImageStorage
    return MultiFrameGrayscaleWordSecondaryCaptureImageStorage


def _add_frames(dataset: Dataset, pictures: Pictures) -> None:
    dataset.NumberOfFrames = pictures.count
    dataset.BurnedInAnnotation = "YES"  # nobody has looked, and it must be one or the other
    if not pictures.is_colour:
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
        dataset.PresentationLUTShape = "INVERSE" if pictures.is_inverted else "IDENTITY"
    if pictures.frame_time_ms is not None:
        dataset.FrameIncrementPointer = 0x00181063
        dataset.FrameTime = format_number_as_ds(pictures.frame_time_ms)
    else:
        dataset.FrameIncrementPointer = 0x00182001
        dataset.PageNumberVector = list(range(1, pictures.count + 1))
