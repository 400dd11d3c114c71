import type { ExportFormat, ExportProof } from "@/api/types";
import { formatCount } from "@/lib/format";

export const exportFormats: readonly { readonly value: ExportFormat; readonly label: string }[] = [
  { value: "dicom-seg", label: "DICOM SEG" },
  { value: "nifti", label: "NIfTI" },
  { value: "coco", label: "COCO" },
];

export function nameOfFormat(format: string): string {
  return exportFormats.find((one) => one.value === format)?.label ?? format;
}

/** "312 of 312 read back equal". */
export function sentenceOfProof(proof: ExportProof): string {
  const words = `${formatCount(proof.equal)} of ${formatCount(proof.checked)} read back equal`;
  return proof.equal === proof.checked ? words : `${words}; not offered, because files differ`;
}
