"""Pixels out of DICOM files, decoded alike in the backend and in the model workers."""
