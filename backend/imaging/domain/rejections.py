"""Why a file is not taken, in words for the person who sent it.

Reasons name no patient and no path; `next_step` says what can be done about it.
"""

from backend.imaging.domain.convert.sentences import SENTENCES as OF_CONVERSION

SENTENCES: dict[str, tuple[str, str]] = {
    **OF_CONVERSION,
    "imaging.not_dicom": (
        "This is not a DICOM file, and of no kind that Limn converts.",
        "Send DICOM, NIfTI, NRRD, MetaImage, pictures or films, as they are or in an archive.",
    ),
    "imaging.empty": ("The file is empty.", "Export it again from where it came from."),
    "imaging.unreadable": (
        "The file begins like DICOM, but its header cannot be read.",
        "Export it again from where it came from; the copy may be damaged.",
    ),
    "imaging.header_cut": (
        "The file ends in the middle of its header.",
        "Send it again; the copy is not complete.",
    ),
    "imaging.header_too_large": (
        "The header alone is larger than Limn takes in.",
        "Check how the file was made; image data may have ended up in the header.",
    ),
    "imaging.dicomdir": (
        "This is a DICOMDIR: an index of other files, with no image of its own.",
        "Nothing to do; the files it lists are taken by themselves.",
    ),
    "imaging.dicomdir_complete": (
        "This is a DICOMDIR, an index of other files: {why} are here.",
        "Nothing to do.",
    ),
    "imaging.dicomdir_missing": (
        "This is a DICOMDIR, an index of other files: {why}.",
        "Send the missing files from where the others came, or go on without them.",
    ),
    "imaging.dicomdir_unread": (
        "This is a DICOMDIR, an index of other files; it was not compared with what has come.",
        "Nothing to do; the files it lists are taken by themselves.",
    ),
    "imaging.no_sop_class": (
        "The file does not say what kind of object it is (no SOP Class UID).",
        "Export it again from where it came from.",
    ),
    "imaging.no_pixel_data": (
        "The file is an image by its kind, but holds no pixel data.",
        "Export it again with images; only the header has arrived.",
    ),
    "imaging.truncated": (
        "The file ends before its last image is complete.",
        "Send it again; the copy is not complete.",
    ),
    "imaging.bad_pixel_module": (
        "The header describes the image in a way that cannot be meant: {why}.",
        "Export it again from where it came from.",
    ),
    "imaging.absurd_size": (
        "The header claims an image of {why}, far more than the file can hold.",
        "Check how the file was made.",
    ),
    "imaging.syntax_unknown": (
        "The file does not say how its pixel data is encoded.",
        "Export it again with its file meta information.",
    ),
    "imaging.not_decodable": (
        "Its images are encoded in a way that Limn cannot decode ({why}).",
        "Convert it to another transfer syntax, for example JPEG 2000 lossless, and send that.",
    ),
    "imaging.other_study": (
        "The file belongs to another study than the address it was sent to.",
        "Send it to the address of its own study.",
    ),
    "imaging.uid_reused": (
        "Another image with the same SOP Instance UID is stored already; this one waits beside it.",
        "The stored one was not changed. Look at both in quarantine, and keep both or discard this.",
    ),
    "imaging.same_image": (
        "The same image is stored already, with another header or in another encoding.",
        "Nothing was changed. To replace the header, undo the delivery of the stored one first.",
    ),
    "imaging.study_taken": (
        "Its study identifier is already in use by data that you cannot see.",
        "Nothing of that was changed. Ask an administrator for access, or check the identifiers.",
    ),
    "imaging.too_large": (
        "The file is larger than this installation takes in ({why}).",
        "Ask an administrator to raise the limit, or use the command line.",
    ),
    "imaging.zip_encrypted": (
        "This part of the archive is protected by a password.",
        "Unpack it and send the files, or make an archive without a password.",
    ),
    "imaging.zip_bomb": (
        "The archive unpacks to far more than it says or than Limn takes in ({why}).",
        "Unpack it yourself and send the files.",
    ),
    "imaging.zip_broken": (
        "The archive, or this file in it, is damaged.",
        "Make the archive again and send it once more.",
    ),
    "imaging.zip_nested": (
        "Of archives inside of one another only two are opened; this is a third.",
        "Unpack it and send its files.",
    ),
    "imaging.policy_unpacks_in_memory": (
        "A 7z archive is unpacked on the disk, where under this policy nothing may lie.",
        "Send it as zip or tar, or its files over DICOMweb.",
    ),
    "imaging.zip_method": (
        "This file is packed by a method that Limn cannot unpack.",
        "Make an ordinary zip archive (deflate) and send it again.",
    ),
    "imaging.not_a_file": (
        "This is a link or a special file, which is not followed.",
        "Send the file itself.",
    ),
    "imaging.storage_full": (
        "{why}",
        "Ask an administrator to make room, then send the file again.",
    ),
    "imaging.vanished": (
        "The file could not be read from the disk.",
        "Check that it is there and may be read, then try again.",
    ),
    "imaging.not_deidentified": (
        "The file could not be de-identified, so it was not taken in.",
        "Export it again from where it came from; a part of its header is damaged.",
    ),
    "imaging.burned_in": (
        "The picture seems to carry text that could identify somebody; it waits in quarantine.",
        "Look at it there: blank the text, release the picture, or discard it.",
    ),
    "imaging.undone": (
        "It was taken in, and taken out again when somebody undid this delivery.",
        "Send it again if it is needed after all.",
    ),
    "imaging.internal": (
        "Limn could not take this file because of a fault of its own; the log has the details.",
        "Tell your administrator; the other files are not affected.",
    ),
}


# Reasons that lie outside of the file: the very same bytes may be taken another time.
OUTSIDE = (
    "imaging.storage_full",
    "imaging.vanished",
    "imaging.internal",
    "imaging.study_taken",
)
# Files of these codes are kept aside for a person instead of being sent away.
QUARANTINED = frozenset({"imaging.burned_in", "imaging.uid_reused"})


class Rejected(Exception):
    """One file is not taken; `code`, `reason` and `next_step` say why and what to do.

    `sop_uid` and `sop_class_uid` name the object where its header could be read.
    """

    def __init__(self, code: str, *, why: str = "") -> None:
        reason, next_step = SENTENCES[code]
        self.code = code
        self.reason = reason.format(why=why)
        self.next_step = next_step
        self.sop_uid = ""
        self.sop_class_uid = ""
        super().__init__(self.reason)
