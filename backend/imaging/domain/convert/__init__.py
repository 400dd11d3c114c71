"""Everything that is not DICOM becomes DICOM here; the original file is kept beside it."""
