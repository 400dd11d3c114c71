"""Why a file that is not DICOM is not converted, or is kept as it is, in words."""

SENTENCES: dict[str, tuple[str, str]] = {
    "imaging.waits": (
        "This is not DICOM; it is converted once the delivery is complete.",
        "Nothing to do.",
    ),
    "imaging.policy_takes_dicom": (
        "This is not DICOM, and under this policy nothing may lie on the disk until it is converted.",
        "Convert it to DICOM yourself and send that, or choose a policy without `memory_only`.",
    ),
    "imaging.policy_keeps_no_source": (
        "These are labels, not a picture. Under this policy no file is kept as it came.",
        "Take out who it is of yourself, and send it in a delivery without a policy.",
    ),
    "imaging.source_cut": (
        "The file ends before its image is complete.",
        "Send it again; the copy is not complete.",
    ),
    "imaging.source_packed": (
        "The packed data in this file is damaged.",
        "Make the file again from where it came from, and send it once more.",
    ),
    "imaging.source_header": (
        "Its header cannot be meant: {why}.",
        "Write the file again with the program that made it.",
    ),
    "imaging.source_absurd": (
        "The header claims an image of {why}, far more than the file can hold.",
        "Check how the file was made.",
    ),
    "imaging.source_too_large": (
        "The image is larger than Limn converts in one piece ({why}).",
        "Cut it into smaller pieces, or convert it to DICOM yourself and send that.",
    ),
    "imaging.source_values": (
        "The values of this image ({why}) have no counterpart in DICOM.",
        "Save it with whole numbers or floating point numbers, one for each voxel.",
    ),
    "imaging.source_sheared": (
        "Its rows and columns do not stand at right angles ({why}), which DICOM cannot say.",
        "Resample it to a straight grid first, and send that.",
    ),
    "imaging.source_affine": (
        "What the file says of its place in the patient cannot be used: {why}.",
        "Write the file again with a sound affine (direction, spacing, origin).",
    ),
    "imaging.part_missing": (
        "This file only describes an image; its data ({why}) did not come with it.",
        "Send both files in one delivery, in the same folder.",
    ),
    "imaging.part_outside": (
        "This file looks for its data outside its own folder, which is not followed.",
        "Put both files into one folder and name the data file without a path.",
    ),
    "imaging.part_alone": (
        "This is the data of an image whose header did not come with it.",
        "Send the header too (.mhd, .nhdr or .hdr), in the same delivery and folder.",
    ),
    "imaging.part_used": (
        "This is the data of another file of the delivery, and was taken in with it.",
        "Nothing to do.",
    ),
    "imaging.side_used": (
        "This is a side file; what it says of {why} is kept there, not the file itself.",
        "Nothing to do.",
    ),
    "imaging.side_unused": (
        "This looks like a side file, but no image of the delivery is named by it.",
        "Name it like its image (scan.nii.gz and scan.json), or give a table a column “file”.",
    ),
    "imaging.side_broken": (
        "This side file cannot be read ({why}); nothing of it was used.",
        "Mend it and send it again together with its images.",
    ),
    "imaging.labels_kept": (
        "These are labels, not a picture ({why}). The file is kept and was not converted.",
        "If it is a picture after all, say so in a side file: kind = image.",
    ),
    "imaging.picture_unreadable": (
        "The picture cannot be read; the file may be damaged.",
        "Export it again from where it came from.",
    ),
    "imaging.video_unreadable": (
        "The video cannot be read; the file may be damaged.",
        "Export it again, as MP4 with H.264 or as AVI.",
    ),
    "imaging.video_no_decoder": (
        "This installation has no decoder for this video.",
        "Ask an administrator to install Limn with video, or send an AVI with Motion JPEG.",
    ),
}
