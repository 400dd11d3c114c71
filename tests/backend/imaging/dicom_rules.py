"""The standard's own tables of modules, as highdicom ships them, applied to an instance."""

from highdicom import _standard_utils as standard
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import VR


def faults_of(dataset):
    """Return what an instance lacks of type 1 and 2 in the modules that its kind must have."""
    modules = standard.get_iod_module_map()[standard.get_sop_class_iod_map()[dataset.SOPClassUID]]
    faults = [
        fault
        for module in modules
        if module["usage"] == "M" and not module["key"].endswith("functional-groups")
        for attribute in standard.get_module_attribute_map()[module["key"]]
        if (fault := _fault(dataset, module["key"], attribute))
    ]
    return sorted(set(faults)) + list(_strings(dataset))


def _fault(dataset, module, attribute):
    items = [dataset]
    for keyword in attribute["path"]:  # within sequences that are there
        items = [inner for item in items for inner in (item.get(keyword) or [])]
    for item in items:
        if attribute["type"] in {"1", "2"} and attribute["keyword"] not in item:
            return f"{module}: no {attribute['keyword']}"
        if attribute["type"] == "1" and item[attribute["keyword"]].is_empty:
            return f"{module}: empty {attribute['keyword']}"
    return None


def _strings(dataset):
    """Yield values that are longer than their kind allows."""
    longest = {VR.SH: 16, VR.LO: 64, VR.CS: 16, VR.DS: 16, VR.IS: 12, VR.UI: 64, VR.PN: 64}
    for element in dataset:
        if element.VR == VR.SQ:
            assert isinstance(element.value, Sequence)
            for item in element.value:
                yield from _strings(item)
        elif element.VR in longest:
            values = element.value if isinstance(element.value, MultiValue) else [element.value]
            for value in values:
                text = getattr(value, "original_string", None) or str(value or "")
                if len(text) > longest[element.VR]:
                    yield f"{element.keyword} is too long"
